using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Emulation;

//   called with rdi = engine, esi = address of the block, edx = its bytes, rcx = State
//         mov eax, esi ; sub eax, [rcx+16] ; cmp eax, [rcx+20] ; jae done      outside the code that is covered
//         mov eax, esi ; mov edx, esi ; shr eax, 4 ; shl edx, 8 ; xor eax, edx ; and eax, [rcx+8]
//         mov edx, eax ; xor edx, [rcx+12] ; shr eax, 1 ; mov [rcx+12], eax
//         mov rax, [rcx] ; add byte [rax+rdx], 1 ; adc byte [rax+rdx], 0       a count that overflows stays other than zero
//   done: ret
/// <summary>Counts the edges between blocks of code in a map of bytes, as fuzzers of AFL's family read it.</summary>
/// <remarks>
/// The byte of an edge is at hash(block) ^ (hash(block before) >> 1). The hash is (address >> 4) ^ (address &lt;&lt; 8), as
/// afl-qemu-trace has it. For one processor and its thread. Cost: some 2 ns a block.
/// </remarks>
public sealed class EdgeCoverage : IDisposable
{
    private readonly HostCode _code = new(
    [
        0x89, 0xF0, 0x2B, 0x41, 0x10, 0x3B, 0x41, 0x14, 0x73, 0x24,
        0x89, 0xF0, 0x89, 0xF2, 0xC1, 0xE8, 0x04, 0xC1, 0xE2, 0x08, 0x31, 0xD0, 0x23, 0x41, 0x08,
        0x89, 0xC2, 0x33, 0x51, 0x0C, 0xD1, 0xE8, 0x89, 0x41, 0x0C,
        0x48, 0x8B, 0x01, 0x80, 0x04, 0x10, 0x01, 0x80, 0x14, 0x10, 0x00,
        0xC3,
    ]);
    private readonly unsafe State* _state;    // outside the managed heap, until Free
    private MemoryHandle _map;
    private bool _isAttached, _isDisposed, _isFree;

    /// <summary>Counts in a map of the fuzzer's. Nothing is covered yet.</summary>
    /// <param name="map">2^n bytes, 2^8 to 2^30, which are pinned until <see cref="Dispose"/>.</param>
    /// <exception cref="ArgumentException">The length is another one.</exception>
    // SAFETY: the map is pinned until Dispose, and the mask keeps each index below its length.
    public unsafe EdgeCoverage(Memory<byte> map)
    {
        if (!BitOperations.IsPow2(map.Length) || map.Length is < 1 << 8 or > 1 << 30)
            throw new ArgumentException($"A map has 2^8 to 2^30 bytes, and a power of two of them; not {map.Length}.", nameof(map));
        _map = map.Pin();
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        _state->Map = (byte*)_map.Pointer;
        _state->Mask = (uint)map.Length - 1;
    }

    /// <summary>Counts blocks that begin in this code, and no others, from now on.</summary>
    /// <exception cref="ObjectDisposedException">The coverage or its processor was disposed of.</exception>
    // SAFETY: the record is there.
    public unsafe void Cover(PageRange code)
    {
        ThrowIfGone();
        (_state->First, _state->Length) = (code.First.Address.Value, (uint)Math.Min(code.Count.Bytes, uint.MaxValue));
    }

    /// <summary>The next block is the first of a run: it follows no other.</summary>
    /// <exception cref="ObjectDisposedException">As for <see cref="Cover"/>.</exception>
    // SAFETY: the record is there.
    public unsafe void Begin()
    {
        ThrowIfGone();
        _state->Before = 0;
    }

    /// <summary>Counts the edges that a processor executes, until one of the two is disposed of. Call it before the first run.</summary>
    /// <exception cref="InvalidOperationException">
    /// It counts for a processor already; or the processor is executing, or the thread is not the engine's.
    /// </exception>
    /// <exception cref="ObjectDisposedException">As for <see cref="Cover"/>; or the processor is gone.</exception>
    // SAFETY: the code and the record live until Free, which the machine calls when it executes nothing any more.
    public unsafe void AttachTo(GuestProcessor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        ThrowIfGone();
        if (_isAttached) throw new InvalidOperationException("It counts for a processor already.");
        processor.Enter();
        processor.Machine.HookBlocks((nint)_code.Start, (nint)_state);
        processor.Machine.AtEnd(Free);
        _isAttached = true;
    }

    /// <summary>Detaches the map. Edges are not counted any more.</summary>
    // SAFETY: the record is there unless the processor is gone.
    public unsafe void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_isFree) _state->Length = 0;    // the callback leaves the map alone
        _map.Dispose();
        if (!_isAttached) Free();
    }

    // SAFETY: freed once: the machine frees it if there is one, and Dispose otherwise.
    private unsafe void Free()
    {
        _isFree = true;
        _code.Dispose();
        NativeMemory.Free(_state);
    }

    private void ThrowIfGone() => ObjectDisposedException.ThrowIf(_isDisposed || _isFree, this);

    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public unsafe byte* Map;
        public uint Mask;
        public uint Before;
        public uint First;
        public uint Length;
    }
}
