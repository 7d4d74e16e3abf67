using System.Runtime.InteropServices;

namespace Paging.Guest;

//   sub  [rcx], rdx      the block's bytes, from what is left
//   jle  stop
//   ret
//   stop: jmp [rcx+8]    uc_emu_stop(rdi): the handle is the first argument already
/// <summary>Counts the bytes of code that are executed, block by block, and stops the processor when a budget is used up.</summary>
/// <remarks>
/// Ends a stretch of execution at the same instruction every time, which a clock would not: what runs next, and every virtual time, is then
/// the same too. A managed callback for each block would take longer than the block; so these thirteen bytes are the callback.
/// </remarks>
internal sealed unsafe partial class BlockBudget : IDisposable
{
    private const int PageLength = 4096, ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;

    private readonly byte* _page;
    private readonly State* _state;

    public BlockBudget(nint stop)
    {
        _page = (byte*)Map(0, PageLength, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)_page == -1) throw new InvalidOperationException("The host gives no memory for the block counter.");
        ReadOnlySpan<byte> code = [0x48, 0x29, 0x11, 0x7E, 0x01, 0xC3, 0xFF, 0x61, 0x08];
        code.CopyTo(new(_page, PageLength));
        if (Protect((nint)_page, PageLength, ReadExecute) != 0) throw new InvalidOperationException("The host lets no memory be made executable.");
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        (_state->Left, _state->Stop) = (long.MaxValue, stop);
    }

    /// <summary>The callback for the library's block hook.</summary>
    public void* Callback => _page;

    /// <summary>What the callback is to be given.</summary>
    public nint User => (nint)_state;

    /// <summary>Bytes that may still be executed; 0 or less once the budget is used up.</summary>
    public long Left
    {
        get => _state->Left;
        set => _state->Left = value;
    }

    public void Dispose()
    {
        _ = Unmap((nint)_page, PageLength);
        NativeMemory.Free(_state);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint byteLength, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint byteLength, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint byteLength);

    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public long Left;
        public nint Stop;
    }
}
