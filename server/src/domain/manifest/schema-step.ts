import { z } from 'zod'
import { checkCondition } from '../condition.ts'
import { SECRET_NAME, secretNameProblem } from '../secret.ts'
import { duration, filled, flag, list, pattern, whole } from './quantity.ts'

export const secretName = pattern(SECRET_NAME, 'the name of a secret, such as GITHUB_TOKEN: capital letters, digits and _')
  .refine(name => secretNameProblem(name) === null, { error: 'a name that commands and the programs that they start do not read themselves' })

const condition = filled(1000, 'a condition such as steps[\'build\'].exitCode == 0').superRefine((expression, context) => {
  const checked = checkCondition(expression)
  if (!checked.ok)
    context.addIssue({ code: 'custom', message: `a condition such as steps['build'].exitCode == 0 (${checked.error})` })
})

/** One command of a script. */
export const stepSchema = z.strictObject({
  name: filled(120, 'a name').optional()
    .describe('What the timeline calls this step, and how conditions name it. Default: the first line of the command.'),
  run: filled(65_536, 'a command')
    .describe('Handed to sh -c in the workspace. $AGENTOS_TASK is the task, $INPUT_BRANCH the input named branch.'),
  timeout: duration(1, 86_400_000).optional()
    .describe('When the command is stopped, such as 30s. Default: the server\'s AGENTOS_COMMAND_TIMEOUT.'),
  retry: z.strictObject({
    attempts: whole(1, 20).describe('How often the command is tried in all.'),
    delay: duration(0, 3_600_000).optional().describe('How long to wait between two tries. Default: 1s.'),
  }, { error: 'a mapping such as { attempts: 2 }' }).optional().describe('Try a failing command again.'),
  if: condition.optional()
    .describe('Run the step only when this CEL expression is true: steps[\'fetch\'].exitCode == 0, inputs.deep, task != \'\'.'),
  continueOnError: flag().optional().describe('Go on with the next step when this one fails. Default: false.'),
  idempotent: flag().optional().describe('The command may be run again when nobody knows how it ended. Default: false.'),
  secrets: list(secretName, 'a list of secret names').optional().describe('Secrets in this command\'s environment alone; each must be listed under the manifest\'s secrets. What other commands left running has ended before it starts.'),
}, { error: 'a mapping with run: and perhaps name:' })

/** One check of `verify`: it always runs, and its failure is the run's. */
export const checkSchema = stepSchema.omit({ if: true, continueOnError: true })

export type StepFile = z.output<typeof stepSchema>
export type CheckFile = z.output<typeof checkSchema>
