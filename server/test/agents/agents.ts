import type { OutputFormat } from '../../src/domain/manifest/output-formats.ts'

/** Real command-line agents from the npm registry, each with what it needs to work with no network but its model. */
export interface RealAgent {
  name: string
  /** With the version that was tried. */
  npmPackage: string
  /** What its run may call, as the manifest names it. */
  model: string
  programs: string[]
  env: Record<string, string>
  /** What lies in its workspace. */
  files?: Record<string, string>
  argv: string[]
  /** How its output is read. */
  parse: OutputFormat
  /** The same agent over the Agent Client Protocol, where it speaks it. */
  acp?: { npmPackage?: string, programs: string[], argv: string[], env?: Record<string, string>, mode?: string }
}

const GATEWAY = 'http://127.0.0.1:4101'

export const AGENTS: RealAgent[] = [
  {
    name: 'claude',
    npmPackage: '@anthropic-ai/claude-code@2.1.197',
    model: 'claude/*',
    programs: ['claude'],
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', IS_SANDBOX: '1' },
    argv: ['claude', '-p', '{{task}}', '--model', 'claude-sonnet-4-5', '--allowedTools', 'Bash', '--output-format', 'stream-json', '--verbose'],
    parse: 'claude-stream-json',
    acp: { npmPackage: '@agentclientprotocol/claude-agent-acp@0.101.0', programs: ['node', 'claude-agent-acp'], argv: ['claude-agent-acp'], mode: 'default' },
  },
  {
    name: 'opencode',
    npmPackage: 'opencode-ai@1.18.33',
    model: 'openai/scripted',
    programs: ['opencode'],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        provider: { gateway: { npm: '@ai-sdk/openai-compatible', options: { baseURL: `${GATEWAY}/v1`, apiKey: '{env:OPENAI_API_KEY}' }, models: { scripted: {} } } },
        permission: { bash: 'allow', external_directory: 'allow' },
      }),
    },
    argv: ['opencode', 'run', '--model', 'gateway/scripted', '--format', 'json', '{{task}}'],
    parse: 'opencode-json',
    acp: {
      programs: ['opencode'],
      argv: ['opencode', 'acp'],
      env: {
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          model: 'gateway/scripted',
          provider: { gateway: { npm: '@ai-sdk/openai-compatible', options: { baseURL: `${GATEWAY}/v1`, apiKey: '{env:OPENAI_API_KEY}' }, models: { scripted: {} } } },
          permission: { bash: 'ask', external_directory: 'allow' },
        }),
      },
    },
  },
  {
    name: 'codex',
    npmPackage: '@openai/codex@0.169.0',
    model: 'openai/scripted',
    programs: ['node', 'codex'],
    env: {},
    argv: [
      'codex', 'exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--model', 'scripted',
      '-c', 'model_provider="gateway"',
      '-c', `model_providers.gateway={name="gateway",base_url="${GATEWAY}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}`,
      '{{task}}',
    ],
    parse: 'codex-json',
  },
  {
    name: 'gemini',
    npmPackage: '@google/gemini-cli@0.61.0',
    model: 'gemini/*',
    programs: ['node', 'gemini'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true', GEMINI_TELEMETRY_ENABLED: 'false' },
    // With a base URL it takes an auth type of which it says, without a terminal, that it is invalid.
    files: { '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }) },
    argv: ['gemini', '--yolo', '--model', 'gemini-2.5-pro', '-o', 'stream-json', '-p', '{{task}}'],
    parse: 'gemini-stream-json',
    acp: { programs: ['node', 'gemini'], argv: ['gemini', '--acp', '--model', 'gemini-2.5-pro'] },
  },
]
