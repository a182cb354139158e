/** How the library's components are dressed: look.md, "Nuxt UI 4". */
export const uiTheme = {
  colors: { primary: 'blue', secondary: 'violet', success: 'green', info: 'blue', warning: 'amber', error: 'red', neutral: 'zinc' },
  button: {
    slots: { base: 'font-medium text-sm! leading-4 shrink-0', leadingIcon: 'size-4!', trailingIcon: 'size-4!' },
    defaultVariants: { color: 'neutral', variant: 'outline', size: 'sm' },
  },
  input: { defaultVariants: { color: 'primary', size: 'sm' }, slots: { root: 'w-full' } },
  textarea: { defaultVariants: { color: 'primary', size: 'sm' }, slots: { root: 'w-full' } },
  select: { defaultVariants: { color: 'primary', size: 'sm' } },
  checkbox: { defaultVariants: { color: 'primary', size: 'sm' } },
  kbd: { defaultVariants: { color: 'neutral', variant: 'outline', size: 'sm' } },
  modal: { slots: { content: 'ring ring-default shadow-xl' } },
} as const
