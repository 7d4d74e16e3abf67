using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Emulation;

//   called with rdi = engine, rsi = address, edx = bytes of the block, rcx = State
//         mov  edx, edx
//         cmp  [rcx], rdx      is there room for the block?
//         jl   stop
//         sub  [rcx], rdx
//         mov  [rcx+24], esi
//         mov  [rcx+28], edx
//         ret
//   stop: inc  [rcx+16]
//         mov  [rcx+20], esi
//         jmp  [rcx+8]         uc_emu_stop(rdi): the library checks again before the block's first instruction
/// <summary>
/// Counts the bytes of code that are executed, block by block, and stops the processor before the block for which a budget has no room.
/// </summary>
/// <remarks>
/// Ends a stretch of execution at the same instruction every time, which a clock would not: the next code, and every virtual time, are then
/// the same too. A managed callback for each block would take longer than the block; so these few bytes are the callback. If breakpoints
/// are set, the library does not keep EIP for the blocks that it chains, so the callback does.
/// </remarks>
internal sealed class BlockBudget : IDisposable
{
    /// <summary>More than can be executed in a century.</summary>
    public const long Unlimited = 1L << 60;

    /// <summary>No block is longer: it ends with the page in which its first instruction ends.</summary>
    public const long LongestBlock = 2 * VirtualAddress.PageSize;

    private const long Interruption = 1L << 62;

    private readonly HostCode _code = new(
        [
            0x89, 0xD2, 0x48, 0x39, 0x11, 0x7C, 0x0A, 0x48, 0x29, 0x11, 0x89, 0x71, 0x18, 0x89, 0x51, 0x1C, 0xC3,
            0xFF, 0x41, 0x10, 0x89, 0x71, 0x14, 0xFF, 0x61, 0x08,
        ]);
    private readonly unsafe State* _state;    // outside the managed heap, until Dispose
    private long _given = Unlimited;

    // SAFETY: the record has the length of a State.
    public unsafe BlockBudget(nint stop)
    {
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        (_state->Left, _state->Stop) = (Unlimited, stop);
    }

    /// <summary>The callback for the library's block hook.</summary>
    // SAFETY: the address is only handed to the library.
    public unsafe void* Callback => _code.Start;

    /// <summary>The argument of the callback.</summary>
    // SAFETY: the address is only handed to the library.
    public unsafe nint User => (nint)_state;

    /// <summary>Starts a stretch of that many bytes.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe void Begin(long codeBytes)
    {
        _given = codeBytes;
        Interlocked.Exchange(ref _state->Left, codeBytes);
        _state->StopCount = 0;
    }

    /// <summary>The longest instruction, in bytes.</summary>
    public const long LongestInstruction = 15;

    /// <summary>Adds bytes to the budget.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe void Extend(long codeBytes)
    {
        _given += codeBytes;
        Interlocked.Add(ref _state->Left, codeBytes);
    }

    /// <summary>Returns bytes that were charged but not executed; negative for executed bytes that were not charged.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe void Return(long codeBytes) => Interlocked.Add(ref _state->Left, codeBytes);

    /// <summary>The library is about to execute: no block has begun.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe void ForgetBlock() => _state->BlockByteLength = 0;

    /// <summary>The bytes of the last block at or beyond an address in it; 0 if the address is not in it, or no block has begun.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe uint RestOfBlock(uint address)
    {
        uint done = address - _state->BlockAt;
        return done < _state->BlockByteLength ? _state->BlockByteLength - done : 0;
    }

    /// <summary>True when the processor was stopped for want of bytes, or by <see cref="Interrupt"/>.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe bool HasStopped => _state->StopCount != 0;

    /// <summary>The first instruction of the block that it was stopped before.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe uint StoppedAt => _state->StoppedAt;

    /// <summary>True while an interruption has not been taken back.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe bool WasInterrupted => Interlocked.Read(ref _state->Left) < 0;

    /// <summary>Bytes executed since <see cref="Begin"/>.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe long Used
    {
        get
        {
            long left = Interlocked.Read(ref _state->Left);
            return _given - (left < 0 ? left + Interruption : left);
        }
    }

    /// <summary>
    /// Makes the budget look used up, from any thread; the count is kept. The callback may overwrite it once: call again until it has
    /// stopped.
    /// </summary>
    // SAFETY: the record lives until Dispose, which comes after the last request to stop.
    public unsafe void Interrupt()
    {
        if (Interlocked.Read(ref _state->Left) >= 0) Interlocked.Add(ref _state->Left, -Interruption);
    }

    /// <summary>Revokes an interruption: the stretch continues with its remaining bytes.</summary>
    // SAFETY: the record lives until Dispose.
    public unsafe void Resume()
    {
        if (Interlocked.Read(ref _state->Left) < 0) Interlocked.Add(ref _state->Left, Interruption);
        _state->StopCount = 0;
    }

    // SAFETY: freed once, by the machine's Dispose.
    public unsafe void Dispose()
    {
        _code.Dispose();
        NativeMemory.Free(_state);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public long Left;
        public nint Stop;
        public int StopCount;
        public uint StoppedAt;
        public uint BlockAt;            // of the block that has begun last
        public uint BlockByteLength;
    }
}
