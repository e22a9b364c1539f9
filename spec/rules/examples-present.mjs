const hasExample = node => node.example !== undefined || Object.keys(node.examples ?? {}).length > 0

/** Every body, parameter and message has an example. That it validates is another rule's concern. */
export const examplesPresent = () => ({
  MediaType(mediaType, { report, location }) {
    if (!hasExample(mediaType)) report({ message: 'A body needs an example.', location })
  },
  Parameter(parameter, { report, location }) {
    // AsyncAPI parameters have no `in`; theirs stand in `examples` as well.
    if (!hasExample(parameter))
      report({ message: `The parameter '${parameter.name ?? ''}' needs an example.`, location })
  },
  Message(message, { report, location }) {
    if (!hasExample(message)) report({ message: 'A message needs an example.', location })
  },
})
