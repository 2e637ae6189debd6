import type { CustomLayerInterface, CustomRenderMethodInput, Map } from 'maplibre-gl';
import type { Ground } from './ground';
import { Motion, type Places } from './motion';

const vertex = `#version 300 es
uniform mat4 m; uniform float mixing; uniform float size; uniform vec3 car; uniform vec3 service;
in vec2 began; in vec2 goes; in float kind;
out vec3 colour;
void main() {
  gl_Position = m * vec4(mix(began, goes, mixing), 0.0, 1.0);
  gl_PointSize = size * (kind > 1.5 ? 1.35 : 1.0);
  colour = kind > 0.5 ? service : car;
}`;
const fragment = `#version 300 es
precision mediump float;
in vec3 colour; out vec4 frag; uniform float alpha;
void main() {
  float d = length(gl_PointCoord - 0.5);
  float a = smoothstep(0.5, 0.36, d) * alpha;
  frag = vec4(colour * a, a);
}`;

/**
 * Draws every vehicle as a point on the GPU. Each has where it began and where it goes; the shader moves it
 * between them, so that a picture costs our script one uniform and no loop.
 */
export class VehicleLayer implements CustomLayerInterface {
  readonly id = 'vehicles';
  readonly type = 'custom' as const;
  visible = true;
  dark = true;
  faint = false;
  private map!: Map;
  private program!: WebGLProgram;
  private uniforms = new globalThis.Map<string, WebGLUniformLocation>();
  private buffer!: WebGLBuffer;
  private vao!: WebGLVertexArrayObject;
  private readonly motion = new Motion();
  private fresh = false; // a frame has come since the last picture
  private room = 0; // bytes of the buffer
  private wide = 1; // points are larger on a wall
  /** Milliseconds that drawing took of our own script in the last frame of the screen. */
  cost = 0;

  constructor(private readonly ground: Ground) {}

  onAdd(map: Map, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.room = 0;
    this.fresh = true; // of what is drawn this context has nothing yet
    this.fit();
    map.off('resize', this.fit).on('resize', this.fit);
    const shader = (kind: number, source: string): WebGLShader => {
      const s = gl.createShader(kind)!;
      gl.shaderSource(s, source);
      gl.compileShader(s);
      if (!gl.getShaderParameter(s, gl.COMPILE_STATUS)) throw new Error('vehicle shader: ' + gl.getShaderInfoLog(s));
      return s;
    };
    this.program = gl.createProgram()!;
    gl.attachShader(this.program, shader(gl.VERTEX_SHADER, vertex));
    gl.attachShader(this.program, shader(gl.FRAGMENT_SHADER, fragment));
    ['began', 'goes', 'kind'].forEach((a, i) => gl.bindAttribLocation(this.program, i, a));
    gl.linkProgram(this.program);
    this.uniforms = new globalThis.Map(['m', 'mixing', 'size', 'alpha', 'car', 'service'].map((name) => [name, gl.getUniformLocation(this.program, name)!]));
    this.buffer = gl.createBuffer()!;
    this.vao = gl.createVertexArray()!;
    gl.bindVertexArray(this.vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    for (const [i, size, offset] of [[0, 2, 0], [1, 2, 8], [2, 1, 16]] as const) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, size, gl.FLOAT, false, 20, offset);
    }
    gl.bindVertexArray(null);
  }

  /** Asked in every frame, the width would have the browser lay the page out. */
  private readonly fit = (): void => { this.wide = Math.min(1.6, Math.max(1, this.map.getContainer().clientWidth / 1100)); };

  /** Takes a frame of the stream; jump: draw it as it is, without moving from the one before. */
  update(v: Places, jump = false): void {
    this.motion.take(v, Math.min(performance.now(), v.came - performance.timeOrigin), jump);
    this.fresh = true;
    this.map.triggerRepaint();
  }

  get count(): number { return this.motion.n; }

  /** The vehicles of the newest frame as they are drawn when it is reached: its time, then trip, longitude and latitude of each. */
  places(): { time: number; list: [number, number, number][] } {
    const [ax, ay] = this.ground.anchor, { time, n, data, id } = this.motion, list: [number, number, number][] = [];
    for (let i = 0; i < n; i++) {
      const x = ax + data[5 * i + 2]! * 1e-6, y = ay + data[5 * i + 3]! * 1e-6;
      list.push([id[i]!, x * 360 - 180, (Math.atan(Math.exp(Math.PI * (1 - 2 * y))) * 360) / Math.PI - 90]);
    }
    return { time, list };
  }

  /** Takes all vehicles away. */
  clear(): void {
    this.motion.clear();
    this.map?.triggerRepaint();
  }

  render(gl: WebGL2RenderingContext, o: CustomRenderMethodInput): void {
    const began = performance.now(), { n, data } = this.motion;
    if (!this.visible || n === 0) return;
    this.motion.picture(began);
    if (this.fresh) {
      this.fresh = false;
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
      if (data.byteLength > this.room) gl.bufferData(gl.ARRAY_BUFFER, (this.room = Math.ceil(data.byteLength * 1.3)), gl.DYNAMIC_DRAW);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, data);
    }
    // Mercator coordinates don't fit 32-bit floats: places are relative to the city's corner, in millionths of the world.
    const m = o.defaultProjectionData.mainMatrix, [ax, ay] = this.ground.anchor, s = 1e-6;
    const t = new Float32Array(16);
    for (let r = 0; r < 4; r++) {
      t[r] = m[r]! * s;
      t[4 + r] = m[4 + r]! * s;
      t[8 + r] = m[8 + r]!;
      t[12 + r] = m[r]! * ax + m[4 + r]! * ay + m[12 + r]!;
    }
    gl.useProgram(this.program);
    const u = (name: string): WebGLUniformLocation | null => this.uniforms.get(name) ?? null;
    gl.uniformMatrix4fv(u('m'), false, t);
    const share = this.motion.share(began);
    gl.uniform1f(u('mixing'), share);
    gl.uniform1f(u('size'), Math.max(2.2, Math.min(14, 2.6 * 2 ** ((this.map.getZoom() - 13) * 0.62))) * devicePixelRatio * this.wide);
    gl.uniform1f(u('alpha'), this.faint ? 0.45 : 0.95);
    gl.uniform3fv(u('car'), this.dark ? [0.93, 0.87, 0.66] : [0.35, 0.33, 0.25]);
    gl.uniform3fv(u('service'), this.dark ? [0.45, 0.83, 0.98] : [0.02, 0.4, 0.62]);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.bindVertexArray(this.vao);
    gl.drawArrays(gl.POINTS, 0, n);
    gl.bindVertexArray(null);
    if (share < 1) this.map.triggerRepaint();
    this.cost = performance.now() - began;
  }
}
