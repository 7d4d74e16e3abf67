using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Interop;

/// <summary>The child of a fork(2) of the host has the library's memory and none of its threads, so each of its calls is refused.</summary>
/// <remarks>
/// A page that the kernel replaces by zeros in a child (madvise(2), MADV_WIPEONFORK) says where a call runs. Nothing here allocates or
/// waits: a lock that another thread held during the fork is never released in the child.
/// </remarks>
// SAFETY: the page stays mapped for good. Where the kernel is too old for the advice, the mark stays, and no child is found.
internal static unsafe partial class ForkedChild
{
    private const int ReadWrite = 3, PrivateAnonymous = 0x22, WipeOnFork = 18;    // asm-generic/mman-common.h
    private const int PageByteLength = 4096;

    private static byte* _mark;

    /// <summary>True in a child of the process that made the first call.</summary>
    public static bool IsHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(_mark != null ? _mark : Begin()) == 0;
    }

    /// <summary>The text for paging_last_error, which lies in the library itself.</summary>
    public static byte* Message =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("The child of a fork cannot use the library: execute something.\0"u8));

    // A thread that comes second makes a page in vain.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* Begin()
    {
        nint page = Map(0, PageByteLength, ReadWrite, PrivateAnonymous, -1, 0);
        byte* mark = page != -1 ? (byte*)page : (byte*)NativeMemory.Alloc(1);
        if (page != -1) _ = Advise(page, PageByteLength, WipeOnFork);
        *mark = 1;
        return _mark = mark;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint byteLength, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint byteLength, int advice);
}
