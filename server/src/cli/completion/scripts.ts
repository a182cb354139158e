/**
 * What each shell is told. It hands the words up to the cursor to `agentos complete`, as they were typed: nothing of them is ever
 * evaluated. Back come lines: a word, a tab and what it is; `:files` and `:folders` stand for the shell's own.
 */
export const COMPLETION_SCRIPTS = {
  bash: `# agentos completion for bash: source <(agentos completion bash)
_agentos() {
  local IFS=$'\\n' line word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$word")) ;;
      :folders) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$word")) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(agentos complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _agentos agentos
`,
  zsh: `#compdef agentos
# agentos completion for zsh: source <(agentos completion zsh), after compinit
_agentos() {
  local line
  local -a found
  for line in "\${(@f)$(agentos complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#found} )) && _describe agentos found
}
if [ "\${funcstack[1]}" = _agentos ]; then _agentos "$@"; else compdef _agentos agentos; fi
`,
  fish: `# agentos completion for fish: agentos completion fish | source
function __agentos_complete
  set -l words (commandline -opc)
  set -l last (commandline -ct)
  test (count $last) -eq 0; and set last ''
  for line in (agentos complete -- $words[2..-1] $last 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path $last
      case :folders
        __fish_complete_directories $last
      case '*'
        echo $line
    end
  end
end
complete -c agentos -f -a '(__agentos_complete)'
`,
} as const

export type Shell = keyof typeof COMPLETION_SCRIPTS
