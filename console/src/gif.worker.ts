import { gif, type Frame } from './gif';

// Encodes an animation away from the page's own thread.
onmessage = (e: MessageEvent<{ width: number; height: number; frames: Frame[] }>): void => {
  const made = gif(e.data.width, e.data.height, e.data.frames);
  postMessage(made, { transfer: [made.buffer] });
};
