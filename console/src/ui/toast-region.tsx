import { Toast as BaseToast } from '@base-ui/react/toast';
import { useEffect } from 'react';
import { words } from '../words/words.js';
import { CloseIcon, DoneIcon, FailedIcon } from './icons.js';
import { showToastsBy, type Toast } from './toasts.js';
import './toast-region.css';

/** Where toasts are shown; F6 goes there. Those of failures stay until they are dismissed. */
export default function ToastRegion() {
  return (
    <BaseToast.Provider timeout={6_000} limit={4}>
      <Shown />
    </BaseToast.Provider>
  );
}

function Shown() {
  const { toasts, add } = BaseToast.useToastManager<Pick<Toast, 'kind'>>();
  useEffect(
    () =>
      showToastsBy(({ title, what, kind }) => {
        const failed = kind === 'failed';
        add({
          title,
          description: what,
          data: { kind },
          timeout: failed ? 0 : 6_000,
          priority: failed ? 'high' : 'low',
        });
      }),
    [add],
  );
  return (
    <BaseToast.Portal>
      <BaseToast.Viewport className="toasts" aria-label={words.toasts.region}>
        {toasts.map((toast) => (
          <BaseToast.Root key={toast.id} toast={toast} className="toast" data-kind={toast.data?.kind}>
            {toast.data?.kind === 'failed' ? <FailedIcon aria-hidden /> : <DoneIcon aria-hidden />}
            <div className="toast-text">
              <BaseToast.Title className="toast-title" />
              <BaseToast.Description className="toast-what" />
            </div>
            <BaseToast.Close className="button button-quiet button-icon" aria-label={words.toasts.close}>
              <CloseIcon aria-hidden />
            </BaseToast.Close>
          </BaseToast.Root>
        ))}
      </BaseToast.Viewport>
    </BaseToast.Portal>
  );
}
