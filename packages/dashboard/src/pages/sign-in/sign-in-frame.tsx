import './sign-in.css';
import type { ReactNode } from 'react';

import skerry from '../../skerry.svg';

export function SignInFrame({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <img src={skerry} alt="" width={44} height={44} />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
