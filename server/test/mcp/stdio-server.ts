import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createToolServer } from './tools-of-the-sdk.ts'

await createToolServer().connect(new StdioServerTransport())
