// The key and the words are those of src/composables/use-theme.ts.
(function () {
  let choice = 'system'
  try {
    choice = localStorage.getItem('agentos-theme') || 'system'
  }
  catch {}
  const dark = choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()
