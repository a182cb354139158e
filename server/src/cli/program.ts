import { Command, Option } from 'commander'
import { VERSION } from '../version.ts'
import { beVerbose } from './verbose.ts'

/** The commands; each is loaded only when it is asked for, so that `--help` and `ps` start at once. */
export function createProgram(): Command {
  const program = new Command('agentos')
    .description('The self-hosted control plane for AI agents')
    .version(VERSION, '--version')
    .option('--verbose', 'say more about what is done and why something failed')
    .option('--no-color', 'no colours (NO_COLOR is respected too)')
    .showHelpAfterError('(agentos --help shows the commands)')
    .hook('preAction', (command) => {
      if (command.opts<{ verbose?: boolean }>().verbose)
        beVerbose()
    })

  program.command('run')
    .description('run an agent and follow it')
    .argument('<manifest>', 'an agent\'s name, or a manifest file')
    .option('-t, --task <text>', 'what the agent is to do')
    .option('--timeout <duration>', 'end the run after this time: 90s, 5m, 2h, or seconds')
    .option('--isolated', 'run it at isolation level `sandbox`, or not at all')
    .option('-w, --workspace <folder>', 'the folder that it works on')
    .option('-i, --input <name=value>', 'an input of the manifest; may be repeated', collect)
    .option('--json', 'each event as one JSON line')
    .option('-d, --detach', 'submit it and return; needs a running server (with --json: {"runId":…})')
    .addHelpText('after', example('agentos run repo-report --workspace ~/src/project'))
    .action(async (manifest, options) => (await import('./commands/run.ts')).run(manifest, options))

  program.command('ps')
    .description('list runs, newest first')
    .option('-s, --status <status>', 'queued, running, waiting, succeeded, failed or cancelled (completed and stopped are understood)')
    .option('-n, --limit <number>', 'how many at most', '20')
    .option('--tree', 'under each running run its processes: id, CPU, memory, command')
    .option('--json', 'one run a line, as JSON (with --tree: and its `usage`, null when it has no processes)')
    .addHelpText('after', example('agentos ps --status running --tree'))
    .action(async options => (await import('./commands/ps.ts')).ps(options))

  program.command('logs')
    .description('show what a run printed')
    .argument('<run>', 'an agent\'s name (its newest run), or the beginning of a run\'s id')
    .option('-n, --lines <number>', 'the last lines only')
    .option('-f, --follow', 'go on until the run has ended')
    .option('--json', 'each event as one JSON line')
    .addHelpText('after', example('agentos logs -f repo-report'))
    .action(async (run, options) => (await import('./commands/logs.ts')).logs(run, options))

  program.command('stop')
    .description('stop a run, or every run of an agent')
    .argument('<run>', 'the beginning of a run\'s id, or an agent\'s name (all its runs)')
    .addHelpText('after', example('agentos stop wr8m7c'))
    .action(async run => (await import('./commands/stop.ts')).stop(run))

  program.command('settle')
    .description('say what became of a command whose outcome nobody knows; its run goes on')
    .argument('<run>', 'the beginning of its run\'s id')
    .argument('[outcome]', 'done, failed, or repeat (do it again); without it the question is shown')
    .option('-n, --note <text>', 'what you found; a model is told')
    .option('--json', 'the run as JSON')
    .addHelpText('after', example('agentos settle wr8m7c done --note "the tag is on the server"'))
    .action(async (run, outcome, options) => (await import('./commands/settle.ts')).settle(run, outcome, options))

  program.command('prune')
    .description('delete ended runs and their logs')
    .option('-f, --force', 'do not ask')
    .option('-s, --status <status>', 'only those that ended so')
    .option('--older-than <duration>', 'only those that ended longer ago: 7d')
    .option('--keep <number>', 'of each agent the newest ended runs stay, so many')
    .addHelpText('after', example('agentos prune --older-than 7d'))
    .action(async options => (await import('./commands/prune.ts')).prune(options))

  program.command('schedule')
    .description('list schedules, or let an agent run by itself')
    .argument('[manifest]', 'an agent\'s name, or a manifest file; its own schedule: counts when nothing else is said')
    .option('--cron <fields>', 'minute, hour, day, month, day of week; a sixth field in front is the second')
    .option('--every <duration>', 'so long after the last start: 30m, 6h')
    .option('--at <moment>', 'once: 2026-12-24T18:00')
    .option('--timezone <zone>', 'of --cron and --at: Europe/Berlin (UTC)')
    .option('--overlap <policy>', 'while the last run has not ended: skip, queue or replace (skip)')
    .option('--catch-up <policy>', 'of ticks that were missed while no server ran: none, last or all (last)')
    .option('--catch-up-window <duration>', 'those that were missed longer ago are left out (1d)')
    .option('-t, --task <text>', 'what its runs are to do')
    .option('-i, --input <name=value>', 'an input of the manifest; may be repeated', collect)
    .option('--json', 'one schedule a line, as JSON')
    .addHelpText('after', example('agentos schedule repo-report --cron "0 9 * * 1-5" --timezone Europe/Berlin'))
    .action(async (name, options) => (await import('./commands/schedule.ts')).schedule(name, options))

  program.command('unschedule')
    .description('remove a schedule; one that comes with a manifest is paused')
    .argument('[schedule]', 'the beginning of its id, or an agent\'s name (all its schedules)')
    .option('-a, --all', 'all of them')
    .option('--json', 'one schedule a line, as JSON')
    .addHelpText('after', example('agentos unschedule repo-report'))
    .action(async (name, options) => (await import('./commands/unschedule.ts')).unschedule(name, options))

  const secret = program.command('secret')
    .description('values that runs may use and nobody can read back')
  secret.command('set')
    .description('store a value, or replace it; it is asked for, or read from standard input')
    .argument('<name>', 'as the environment of a step will have it: GITHUB_TOKEN')
    .addHelpText('after', example('agentos secret set GITHUB_TOKEN < token.txt'))
    .action(async name => (await import('./commands/secret.ts')).setSecret(name))
  secret.command('list')
    .description('list their names')
    .option('--json', 'one secret a line, as JSON')
    .addHelpText('after', example('agentos secret list'))
    .action(async options => (await import('./commands/secret.ts')).listSecrets(options))
  secret.command('remove')
    .description('delete one for good')
    .argument('<name>', 'its name')
    .addHelpText('after', example('agentos secret remove GITHUB_TOKEN'))
    .action(async name => (await import('./commands/secret.ts')).removeSecret(name))

  program.command('init')
    .description('write a first manifest')
    .argument('[name]', 'the agent\'s name', 'my-agent')
    .addHelpText('after', example('agentos init nightly-report'))
    .action(async name => (await import('./commands/init.ts')).init(name))

  program.command('doctor')
    .description('check that everything is in place; exits 1 on an error')
    .option('--json', 'the checks as JSON')
    .addHelpText('after', example('agentos doctor'))
    .action(async options => (await import('./commands/doctor.ts')).doctor(options))

  program.command('metrics')
    .description('print the running server\'s metrics (Prometheus text)')
    .addHelpText('after', example('agentos metrics | grep agentos_runs'))
    .action(async () => (await import('./commands/metrics.ts')).metrics())

  const port = () => new Option('-p, --port <number>', 'the port (AGENTOS_PORT, 4700)')
  const host = () => new Option('--host <address>', 'the address to listen on (AGENTOS_HOST, 127.0.0.1)')
  program.command('serve')
    .aliases(['up'])
    .description('serve the page and the API until stopped')
    .addOption(port())
    .addOption(host())
    .addHelpText('after', example('agentos serve --port 4800'))
    .action(async options => (await import('./commands/serve.ts')).serve(options))

  program.command('worker')
    .description('run agents for the servers of a PostgreSQL database, until stopped')
    .addOption(new Option('-p, --port <number>', 'the port of its health and metrics (AGENTOS_PORT, any free one)'))
    .addOption(host())
    .addHelpText('after', example('DATABASE_URL=postgres://... AGENTOS_SECRET_KEY=... agentos worker'))
    .action(async options => (await import('./commands/serve.ts')).serve({ ...options, role: 'worker' }))

  program.command('ui')
    .description('print a sign-in link of the running server, or serve one')
    .addOption(port())
    .addOption(host())
    .addHelpText('after', example('agentos ui'))
    .action(async options => (await import('./commands/ui.ts')).ui(options))

  return program
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

function example(line: string): string {
  return `\nExample:\n  $ ${line}`
}
