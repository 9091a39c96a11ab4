/* Applies the theme that was chosen in this browser; without one the page follows the system. See src/ui/theme.ts. */
try {
  const theme = localStorage.getItem('latchkey.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing follows the system.
}
