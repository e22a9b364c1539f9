/** The Redocly plugin; tests read the names of its rules. */
export default function voltspec(): { id: string; rules: Record<'oas3' | 'async3', Record<string, unknown>> }
