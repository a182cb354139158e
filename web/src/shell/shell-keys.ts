import type { Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useShell } from '../stores/shell.ts'

/** The keys that work on every page. */
export function useShellKeys(rail: Ref<boolean>): Record<string, () => void> {
  const shell = useShell()
  const router = useRouter()
  return {
    'mod+k': () => shell.palette = shell.palette === 'closed' ? 'all' : 'closed',
    '?': () => shell.shortcutsOpen = true,
    'r': () => shell.palette = 'agents',
    '[': () => shell.toggleFold(rail.value),
    '1': () => void router.push({ name: 'overview' }),
    '2': () => void router.push({ name: 'runs' }),
    '3': () => void router.push({ name: 'agents' }),
    '4': () => void router.push({ name: 'schedules' }),
    'c': () => void router.push({ name: 'chat' }),
    '5': () => void router.push({ name: 'workers' }),
    '6': () => void router.push({ name: 'settings' }),
  }
}

/** What the list of shortcuts says, by page. */
export const SHORTCUTS: { where: string, keys: [string[], string][] }[] = [
  {
    where: 'Everywhere',
    keys: [
      [['meta', 'K'], 'Search, go to a page, run an agent'],
      [['R'], 'Run an agent'],
      [['1'], 'Overview'],
      [['2'], 'Runs'],
      [['3'], 'Agents'],
      [['C'], 'Chat'],
      [['4'], 'Schedules'],
      [['5'], 'Workers'],
      [['['], 'Fold or unfold the sidebar'],
      [['?'], 'This list'],
    ],
  },
  {
    where: 'Runs',
    keys: [
      [['/'], 'Search'],
      [['J'], 'Next run'],
      [['K'], 'Previous run'],
      [['enter'], 'Open the run'],
      [['X'], 'Select it'],
      [['escape'], 'Select none'],
    ],
  },
  {
    where: 'Run',
    keys: [
      [['J'], 'Next step'],
      [['K'], 'Previous step'],
      [['O'], 'Open or close the step'],
      [['F'], 'Follow the newest step'],
      [['T'], 'Terminal'],
      [['P'], 'Processes'],
      [['W'], 'Files of the workspace'],
      [['E'], 'Events'],
      [['S'], 'Stop the run'],
      [['meta', 'enter'], 'Settle as done what the run waits for'],
    ],
  },
  {
    where: 'Schedules',
    keys: [
      [['J'], 'Next schedule'],
      [['K'], 'Previous schedule'],
      [['enter'], 'Open the schedule'],
      [['N'], 'New schedule'],
    ],
  },
  {
    where: 'Chat',
    keys: [
      [['/'], 'Search'],
      [['J'], 'Next conversation'],
      [['K'], 'Previous conversation'],
      [['N'], 'New conversation'],
      [['enter'], 'Send'],
      [['shift', 'enter'], 'Break the line'],
    ],
  },
  { where: 'Agent', keys: [[['meta', 'enter'], 'Run it']] },
]
