import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Protocol } from '../action.ts'
import type { Breach, Effect, FrameRecord } from './effects.ts'
import { type EngineOptions, RpcEngine } from './engine.ts'

const breach: Breach = { code: 'OccurrenceConstraintViolation', description: 'something is missing' }

function open(protocol: Protocol = 'ocpp1.6', options: Partial<EngineOptions> = {}) {
  let ids = 0
  return new RpcEngine({
    protocol,
    check: (_action, _kind, payload) => ('bad' in payload ? breach : undefined),
    mode: () => 'strict',
    newId: () => `ours-${++ids}`,
    timeout: 30_000,
    maxPending: 100,
    ...options,
  })
}

const sent = (effects: Effect[]) => effects.flatMap(effect => (effect.do === 'send' ? [JSON.parse(effect.text)] : []))
const records = (effects: Effect[]): FrameRecord[] =>
  effects.flatMap(effect => (effect.do === 'log' ? [effect.record] : []))
const delivered = (effects: Effect[]) => effects.flatMap(effect => (effect.do === 'deliver' ? [effect.id] : []))
const settled = (effects: Effect[]) => effects.flatMap(effect => (effect.do === 'settle' ? [effect] : []))
const call = (id: string, payload: object = {}) => JSON.stringify([2, id, 'Heartbeat', payload])
const result = (payload = {}) => ({ kind: 'result' as const, payload })

describe('incoming calls', () => {
  it('are handled one at a time and answered in order', () => {
    const engine = open()
    assert.deepEqual(delivered(engine.receive(call('a'), 0)), ['a'])
    assert.deepEqual(delivered(engine.receive(call('b'), 1)), [])
    assert.deepEqual(sent(engine.receive(call('c', { bad: 1 }), 2)), [])
    const first = engine.answer(result({ n: 1 }), 5)
    assert.deepEqual(sent(first), [[3, 'a', { n: 1 }]])
    assert.deepEqual(delivered(first), ['b'])
    assert.equal(records(first)[0]!.responseMs, 5)
    assert.deepEqual(
      sent(engine.answer(result(), 6)).map(([type, id]) => [type, id]),
      [
        [3, 'b'],
        [4, 'c'],
      ],
    )
    assert.equal(engine.pending, 0)
  })

  it('keep their order however they are pipelined', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('good', 'bad', 'answer'), { maxLength: 60 }), steps => {
        const engine = open()
        const effects: Effect[] = []
        const asked: string[] = []
        let underway = 0
        for (const step of steps) {
          if (step === 'answer') {
            if (underway > 0) effects.push(...engine.answer(result(), 0))
          } else {
            asked.push(`m${asked.length}`)
            effects.push(...engine.receive(call(asked.at(-1)!, step === 'bad' ? { bad: 1 } : {}), 0))
          }
          underway = engine.pending
        }
        while (engine.pending > 0) effects.push(...engine.answer(result(), 0))
        assert.deepEqual(
          sent(effects).map(([, id]) => id),
          asked,
        )
      }),
    )
  })

  it('with an id that is being answered are answered once', () => {
    const engine = open()
    engine.receive(call('a'), 0)
    const again = engine.receive(call('a'), 1)
    assert.deepEqual(delivered(again), [])
    assert.match(records(again)[0]!.violation!, /being answered/)
    assert.equal(sent(engine.answer(result(), 2)).length, 1)
    assert.equal(engine.pending, 0)
  })

  it('with an id of before are answered, and noted', () => {
    const engine = open()
    engine.receive(call('a'), 0)
    engine.answer(result(), 1)
    const again = engine.receive(call('a'), 2)
    assert.deepEqual(delivered(again), ['a'])
    assert.match(records(again)[0]!.violation!, /used before/)
  })

  it('are bounded', () => {
    const engine = open('ocpp1.6', { maxPending: 2 })
    engine.receive(call('a'), 0)
    engine.receive(call('b'), 0)
    const third = engine.receive(call('c'), 0)
    assert.deepEqual(
      third.map(effect => effect.do),
      ['log', 'report', 'close'],
    )
  })

  it('that break their schema are refused, noted or taken, as the mode says', () => {
    const strict = sent(open().receive(call('a', { bad: 1 }), 0))
    assert.deepEqual(strict, [[4, 'a', 'OccurenceConstraintViolation', 'something is missing', {}]])
    const tolerant = open('ocpp1.6', { mode: () => 'tolerant' }).receive(call('a', { bad: 1 }), 0)
    assert.deepEqual(delivered(tolerant), ['a'])
    assert.equal(records(tolerant)[0]!.violation, 'something is missing')
    const off = open('ocpp1.6', { mode: () => 'off' }).receive(call('a', { bad: 1 }), 0)
    assert.equal(records(off)[0]!.violation, null)
  })

  it('may be SENDs in 2.1, which are never answered', () => {
    const engine = open('ocpp2.1')
    assert.deepEqual(delivered(engine.receive('[6,"s","NotifyPeriodicEventStream",{}]', 0)), ['s'])
    engine.receive(call('a'), 0)
    const done = engine.answer({ kind: 'error', code: 'InternalError', description: '', details: {} }, 1)
    assert.deepEqual(sent(done), [])
    assert.deepEqual(delivered(done), ['a'])
    assert.deepEqual(sent(open('ocpp2.1').receive('[6,"s","X",{"bad":1}]', 0)), [])
    assert.deepEqual(sent(open('ocpp2.1').receive('[6,"s","X",[]]', 0)), [])
  })
})

describe('frames that cannot be read', () => {
  const answers = (protocol: Protocol, text: string) =>
    sent(open(protocol).receive(text, 0)).map(([type, id, code]) => [type, id, code])

  for (const [text, in16, in201, in21] of [
    ['nonsense', [], ['-1', 'RpcFrameworkError'], ['-1', 'RpcFrameworkError']],
    ['{"a":1}', [], ['-1', 'RpcFrameworkError'], ['-1', 'RpcFrameworkError']],
    ['[2]', [], ['-1', 'RpcFrameworkError'], ['-1', 'RpcFrameworkError']],
    ['[2,7,"Heartbeat",{}]', [], ['-1', 'RpcFrameworkError'], ['-1', 'RpcFrameworkError']],
    ['[2,"a"]', ['a', 'FormationViolation'], ['a', 'RpcFrameworkError'], ['a', 'RpcFrameworkError']],
    ['[2,"a","Heartbeat"]', ['a', 'FormationViolation'], ['a', 'FormatViolation'], ['a', 'FormatViolation']],
    ['[2,"a","Heartbeat",[]]', ['a', 'FormationViolation'], ['a', 'FormatViolation'], ['a', 'FormatViolation']],
    ['[2,"a","Heartbeat",null]', ['a', 'FormationViolation'], ['a', 'FormatViolation'], ['a', 'FormatViolation']],
    ['[9,"a",{}]', [], ['a', 'MessageTypeNotSupported'], []],
    ['["2","a",{}]', [], ['a', 'MessageTypeNotSupported'], []],
    ['[6,"a","X",[]]', [], ['a', 'MessageTypeNotSupported'], []],
    ['[3,"a"]', [], [], []],
    ['[4,"a"]', [], [], []],
  ] as const)
    it(`such as ${text} are answered as each version says`, () => {
      for (const [protocol, expected] of [
        ['ocpp1.6', in16],
        ['ocpp2.0.1', in201],
        ['ocpp2.1', in21],
      ] as const) {
        assert.deepEqual(answers(protocol, text), expected.length === 0 ? [] : [[4, ...expected]], protocol)
        const [record] = records(open(protocol).receive(text, 0))
        assert.equal(record!.type, 'INVALID')
        assert.equal(record!.raw, text)
      }
    })

  it('never throw, whatever comes', () => {
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const) {
      const engine = open(protocol)
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string(),
            fc.json(),
            fc.array(fc.jsonValue()).map(frame => JSON.stringify(frame)),
          ),
          text => assert.ok(records(engine.receive(text, 0)).length >= 1),
        ),
      )
    }
  })

  it('include ids of more than 36 characters, which a lenient station may have', () => {
    const long = 'x'.repeat(37)
    assert.equal(sent(open().receive(call(long), 0))[0][2], 'FormationViolation')
    assert.deepEqual(delivered(open('ocpp1.6', { mode: () => 'tolerant' }).receive(call(long), 0)), [long])
    assert.deepEqual(delivered(open().receive(call('x'.repeat(36)), 0)), ['x'.repeat(36)])
  })
})

describe('outgoing calls', () => {
  it('wait for the one before', () => {
    const engine = open()
    assert.deepEqual(sent(engine.call('Reset', { type: 'Soft' }, 0).effects), [
      [2, 'ours-1', 'Reset', { type: 'Soft' }],
    ])
    const { call: second, effects } = engine.call('ClearCache', {}, 10)
    assert.deepEqual(effects, [])
    const answered = engine.receive('[3,"ours-1",{"status":"Accepted"}]', 25)
    assert.deepEqual(settled(answered)[0]!.outcome, { kind: 'result', payload: { status: 'Accepted' } })
    assert.equal(records(answered)[0]!.responseMs, 25)
    assert.equal(records(answered)[0]!.method, 'Reset')
    assert.deepEqual(sent(answered), [[2, 'ours-2', 'ClearCache', {}]])
    const refused = engine.receive('[4,"ours-2","FormationViolation","no",{"a":1}]', 30)
    assert.deepEqual(settled(refused), [
      {
        do: 'settle',
        call: second,
        outcome: { kind: 'error', code: 'FormatViolation', description: 'no', details: { a: 1 } },
      },
    ])
  })

  it('time out, and their late answers are noted and dropped', () => {
    const engine = open()
    engine.call('Reset', {}, 1000)
    engine.call('ClearCache', {}, 1000)
    assert.equal(engine.deadline, 31_000)
    assert.deepEqual(engine.tick(30_999), [])
    const late = engine.tick(31_000)
    assert.deepEqual(settled(late)[0]!.outcome, { kind: 'timeout' })
    assert.equal(sent(late)[0][2], 'ClearCache')
    assert.equal(engine.deadline, 61_000)
    const dropped = engine.receive('[3,"ours-1",{}]', 32_000)
    assert.deepEqual(
      dropped.map(effect => effect.do),
      ['log'],
    )
    assert.equal(records(dropped)[0]!.method, 'Reset')
    assert.match(records(dropped)[0]!.violation!, /too late/)
    assert.equal(records(engine.receive('[3,"who",{}]', 1))[0]!.method, 'Unknown')
  })

  it('that nobody waits for any more are not sent', () => {
    const engine = open()
    engine.call('Reset', {}, 0)
    engine.cancel(engine.call('ClearCache', {}, 0).call)
    assert.deepEqual(sent(engine.receive('[3,"ours-1",{}]', 1)), [])
  })

  it('end with the connection', () => {
    const engine = open()
    engine.call('Reset', {}, 0)
    engine.call('ClearCache', {}, 0)
    assert.deepEqual(
      settled(engine.end()).map(({ outcome }) => outcome.kind),
      ['offline', 'offline'],
    )
  })

  it('are answered before a drain is over, unless they were not sent yet; what comes meanwhile is left out', () => {
    const engine = open()
    engine.call('Reset', {}, 0)
    engine.call('ClearCache', {}, 0)
    assert.deepEqual(
      settled(engine.drain()).map(({ outcome }) => outcome),
      [{ kind: 'offline', unsent: true }],
    )
    assert.deepEqual(engine.receive(call('theirs'), 1), [])
    assert.equal(engine.isWaiting, true)
    const [answered] = settled(engine.receive(JSON.stringify([3, 'ours-1', {}]), 1))
    assert.equal(answered!.outcome.kind, 'result')
    assert.equal(engine.isWaiting, false)
  })

  it('refuse an answer that breaks its schema, and tell a 2.1 station', () => {
    for (const protocol of ['ocpp1.6', 'ocpp2.1'] as const) {
      const engine = open(protocol)
      engine.call('Reset', {}, 0)
      const effects = engine.receive('[3,"ours-1",{"bad":1}]', 1)
      assert.equal(settled(effects)[0]!.outcome.kind, 'error')
      const told = sent(effects).map(([type, id, code]) => [type, id, code])
      assert.deepEqual(told, protocol === 'ocpp2.1' ? [[5, 'ours-1', 'OccurrenceConstraintViolation']] : [])
    }
    const lenient = open('ocpp1.6', { mode: () => 'tolerant' })
    lenient.call('Reset', {}, 0)
    assert.equal(settled(lenient.receive('[3,"ours-1",{"bad":1}]', 1))[0]!.outcome.kind, 'result')
  })

  it('end with an answer that cannot be read, instead of with their time', () => {
    for (const [text, isTold] of [
      ['[3,"ours-1"]', true],
      ['[3,"ours-1",null]', true],
      ['[3,"ours-1",[]]', true],
      ['[4,"ours-1"]', false],
    ] as const)
      for (const protocol of ['ocpp1.6', 'ocpp2.1'] as const) {
        const engine = open(protocol)
        engine.call('Reset', {}, 0)
        engine.call('ClearCache', {}, 0)
        const effects = engine.receive(text, 1)
        const [record] = records(effects)
        assert.deepEqual([record!.type, record!.method, record!.uniqueId], ['INVALID', 'Reset', 'ours-1'])
        const { outcome } = settled(effects)[0]!
        assert.equal(outcome.kind === 'error' && outcome.code, 'FormatViolation')
        const told = protocol === 'ocpp2.1' && isTold ? [5] : []
        assert.deepEqual(
          sent(effects).map(([type]) => type),
          [...told, 2],
        )
      }
    const stranger = open()
    stranger.call('Reset', {}, 0)
    assert.deepEqual(settled(stranger.receive('[3,"theirs"]', 1)), [])
  })

  it('are named when a 2.1 station refuses our answer', () => {
    const engine = open('ocpp2.1')
    engine.receive(call('a'), 0)
    engine.answer(result(), 1)
    const [record] = records(engine.receive('[5,"a","FormatViolation","no",{}]', 2))
    assert.deepEqual(
      [record!.type, record!.method, record!.errorCode],
      ['CALLRESULTERROR', 'Heartbeat', 'FormatViolation'],
    )
  })
})
