/** What `agent.parse` can be: how somebody else's agent writes what it does, one JSON object a line, or as text for people. */
export const OUTPUT_FORMATS = ['claude-stream-json', 'codex-json', 'gemini-stream-json', 'opencode-json', 'text'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]
