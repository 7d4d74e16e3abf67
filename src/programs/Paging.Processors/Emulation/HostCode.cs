using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Emulation;

/// <summary>A few bytes of the host's own machine code, for callbacks of the library that a managed method would slow down.</summary>
internal sealed partial class HostCode : IDisposable
{
    private const int PageLength = (int)VirtualAddress.PageSize, ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;

    private readonly nint _page;

    // SAFETY: no more bytes than a page has go into a page that mmap has just given.
    public unsafe HostCode(ReadOnlySpan<byte> code)
    {
        _page = Map(0, PageLength, ReadWrite, PrivateAnonymous, -1, 0);
        if (_page == -1) throw new InvalidOperationException("The host gives no memory for code.");
        code.CopyTo(new((void*)_page, PageLength));
        if (Protect(_page, PageLength, ReadExecute) != 0)
            throw new InvalidOperationException("The host lets no memory be made executable.");
    }

    /// <summary>The address of the code.</summary>
    // SAFETY: the address is only handed to the library.
    public unsafe void* Start => (void*)_page;

    public void Dispose() => _ = Unmap(_page, PageLength);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint byteLength, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint byteLength, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint byteLength);
}
