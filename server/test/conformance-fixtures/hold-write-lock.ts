import process from 'node:process'
import BetterSqlite3 from 'better-sqlite3'

/** Another program that has the file open: takes its write lock, says so, and lets go when it is told. */
const connection = new BetterSqlite3(process.argv[2]!)
connection.exec('BEGIN IMMEDIATE')
process.stdout.write('held\n')
process.stdin.once('data', () => {
  connection.exec('ROLLBACK')
  connection.close()
  process.stdout.write('released\n')
  process.exit()
})
