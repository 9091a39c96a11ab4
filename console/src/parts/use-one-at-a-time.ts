import { type UseMutationOptions, useMutation } from '@tanstack/react-query';
import { useRef } from 'react';

/**
 * A mutation of which one is under way at a time, and which is done once: a second press of its button, or of Enter, comes before the page
 * shows that the first one has begun, or after it has succeeded and before its dialog is gone. What failed may be tried again, and so may,
 * where it is `repeatable`, what succeeded.
 */
export function useOneAtATime<Data, Given = void>(
  mutation: UseMutationOptions<Data, Error, Given>,
  { repeatable = false } = {},
) {
  const begun = useRef(false);
  const { mutate, ...state } = useMutation<Data, Error, Given>({
    ...mutation,
    onSettled: async (...settled) => {
      const [, error] = settled;
      try {
        await mutation.onSettled?.(...settled);
      } finally {
        if (repeatable || error !== null) begun.current = false;
      }
    },
  });
  const mutateOnce: typeof mutate = (...given) => {
    if (begun.current) return;
    begun.current = true;
    mutate(...given);
  };
  return { ...state, mutate: mutateOnce };
}
