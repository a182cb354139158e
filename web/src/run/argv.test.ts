import { expect, it } from 'vitest'
import { argvOf } from './argv.ts'

it('takes a simple command apart into its words', () => {
  expect(argvOf('npm run lint -- --fix')).toEqual(['npm', 'run', 'lint', '--', '--fix'])
  expect(argvOf('git commit -m "two words" \'a b\'')).toEqual(['git', 'commit', '-m', 'two words', 'a b'])
})

it.each(['a | b', 'a && b', 'echo $HOME', 'ls *.ts', 'a\nb', 'echo `x`', 'echo "open', 'a > b'])('shows %s as it was written', (command) => {
  expect(argvOf(command)).toBeNull()
})
