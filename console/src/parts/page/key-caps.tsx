/** The keys of a shortcut, each as it stands on a keyboard. */
export function KeyCaps({ keys }: { readonly keys: string }) {
  return keys.split(/[ +]/).map((key) => <kbd key={key}>{key === 'Mod' ? 'Ctrl' : key}</kbd>);
}
