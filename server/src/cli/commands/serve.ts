import process from 'node:process'

/** `agentos serve`: the same as \`npm start\`, without installing or building first. */
export async function serve(options: { port?: string, host?: string }): Promise<void> {
  const { main } = await import('../../main.ts')
  await main({
    ...process.env,
    ...(options.port === undefined ? {} : { AGENTOS_PORT: options.port }),
    ...(options.host === undefined ? {} : { AGENTOS_HOST: options.host }),
  })
}
