import process from 'node:process'

/** `agentos serve` and `agentos worker`: the same as \`npm start\`, without installing or building first. */
export async function serve(options: { port?: string, host?: string, role?: 'worker' }): Promise<void> {
  const { main } = await import('../../main.ts')
  await main({
    ...process.env,
    ...(options.port === undefined ? {} : { AGENTOS_PORT: options.port }),
    ...(options.role === undefined ? {} : { AGENTOS_ROLE: options.role }),
    ...(options.host === undefined ? {} : { AGENTOS_HOST: options.host }),
  })
}
