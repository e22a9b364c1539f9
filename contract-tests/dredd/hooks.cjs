// Dredd loads hooks from a CommonJS file only. What they do comes with the configuration, from runDredd.ts.
const hooks = require('hooks')

const { prepare, inspect } = hooks.configuration.custom

hooks.beforeEach((transaction, done) => prepare(transaction).then(done))
hooks.beforeEachValidation(transaction => inspect(transaction))
