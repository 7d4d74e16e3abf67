namespace Paging.Windows.Images;

/// <summary>A section of an image: a run of bytes in the file, and its place.</summary>
/// <param name="Name">Up to eight characters: <c>.text</c>.</param>
/// <param name="Place">The start of the section, in bytes from the start of the image; a multiple of a page.</param>
/// <param name="ByteLength">The length in memory. Bytes that the file does not have are zeros.</param>
/// <param name="FileOffset">The offset of its bytes in the file.</param>
/// <param name="FileByteLength">The length of the section in the file, at most its length in memory.</param>
/// <param name="Flags">Characteristics: IMAGE_SCN_* of winnt.h.</param>
internal readonly record struct PeSection(
    string Name, uint Place, uint ByteLength, uint FileOffset, uint FileByteLength, uint Flags)
{
    private const uint Execute = 0x2000_0000, Read = 0x4000_0000, Write = 0x8000_0000;    // IMAGE_SCN_MEM_*

    /// <summary>The protection of its pages in a view of an image: a writable page is copied then.</summary>
    /// <remarks>Windows: MiGetImageProtection, MmImageProtectionArray.</remarks>
    public PageProtection Protection => (Flags & (Execute | Read | Write)) switch
    {
        Execute => PageProtection.Execute,
        Execute | Read => PageProtection.ExecuteRead,
        Write or (Read | Write) => PageProtection.WriteCopy,    // on x86 what can be written can be read
        Execute | Write or (Execute | Read | Write) => PageProtection.ExecuteWriteCopy,
        Read => PageProtection.ReadOnly,
        _ => PageProtection.NoAccess,
    };
}
