const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a uuid column can hold the text. An id of another form names nothing; asking Postgres would be an error. */
export const isUuid = (text: string): boolean => UUID.test(text)
