/** A tool of the worker's own. Never rejects for what the world does. */
export type CalledTool = (call: { about: CallAbout, input: Record<string, unknown> }) => Promise<ToolOutcome>

export interface CallAbout { step: number, call: string, tool: string }

export interface ToolOutcome { content: string, hasFailed: boolean }
