/** Whether the page leaves by the console's own doing, which keeps what the tab keeps. */
let isOurs = false;

/** Has the browser ask before the tab is closed, or led elsewhere, while `loses` says that something would be lost. Gives what ends that. */
export function askBeforeClosing(loses: () => boolean): () => void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (!isOurs && loses()) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}

/** Loads the page anew, unasked. */
export function reload(): void {
  isOurs = true;
  location.reload();
}

/** Leads to another address of the console by loading it, unasked. */
export function loadAt(address: URL): void {
  isOurs = true;
  location.assign(address);
  // The address may be the present one, which browsers do not load anew where it has a hash.
  if (location.hash !== '') location.reload();
}
