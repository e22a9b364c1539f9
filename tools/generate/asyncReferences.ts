import { isDeepStrictEqual } from 'node:util'
import type { AsyncApiDocument, ChannelOperation, Reference } from './documents.ts'

/**
 * Gives the operations of a bundle their references back. Redocly writes out the channel and the messages of an
 * operation that stands in a file of its own, where AsyncAPI allows nothing but references to the document's channels.
 */
export function restoreReferences(document: AsyncApiDocument): AsyncApiDocument {
  const operations = Object.entries(document.operations ?? {}).map(([id, operation]): [string, ChannelOperation] => {
    const { messages, reply } = operation
    const channel = referToChannel(document, operation.channel)
    return [
      id,
      {
        ...operation,
        channel,
        ...(messages && { messages: referToMessages(document, channel, messages) }),
        ...(reply && { reply: restoreReply(document, channel, reply) }),
      },
    ]
  })
  return document.operations === undefined ? document : { ...document, operations: Object.fromEntries(operations) }
}

function restoreReply(document: AsyncApiDocument, channel: Reference, reply: NonNullable<ChannelOperation['reply']>) {
  const own = reply.channel === undefined ? channel : referToChannel(document, reply.channel)
  return {
    ...reply,
    ...(reply.channel && { channel: own }),
    ...(reply.messages && { messages: referToMessages(document, own, reply.messages) }),
  }
}

function referToChannel(document: AsyncApiDocument, channel: object): Reference {
  if ('$ref' in channel) return channel as Reference
  return referTo('#/channels', document.channels, channel)
}

function referToMessages(document: AsyncApiDocument, channel: Reference, messages: object[]): Reference[] {
  const name = channel.$ref.replace('#/channels/', '')
  const known = Object.entries(document.channels[name]?.messages ?? {}).map(([key, message]) => {
    const component = '$ref' in message ? message.$ref.replace('#/components/messages/', '') : undefined
    return [key, component === undefined ? message : document.components?.messages?.[component]]
  })
  return messages.map(message =>
    '$ref' in message
      ? (message as Reference)
      : referTo(`${channel.$ref}/messages`, Object.fromEntries(known), message),
  )
}

function referTo(place: string, candidates: Record<string, unknown>, value: object): Reference {
  const key = Object.keys(candidates).find(name => isDeepStrictEqual(candidates[name], value))
  if (key === undefined) throw new Error(`an operation has something that is not in ${place}: ${JSON.stringify(value)}`)
  return { $ref: `${place}/${key}` }
}
