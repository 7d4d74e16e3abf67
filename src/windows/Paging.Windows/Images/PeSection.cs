namespace Paging.Windows.Images;

/// <summary>A section of an image: a run of bytes in the file, and where it goes.</summary>
/// <param name="Name">Up to eight characters: <c>.text</c>.</param>
/// <param name="Place">Where it begins, in bytes from the start of the image; a multiple of a page.</param>
/// <param name="ByteLength">How long it is in memory. What the file does not have is zeros.</param>
/// <param name="FileOffset">The offset of its bytes in the file.</param>
/// <param name="FileByteLength">How many bytes the file has of it; not more than it is long.</param>
/// <param name="Flags">Characteristics: IMAGE_SCN_* of winnt.h.</param>
internal readonly record struct PeSection(
    string Name, uint Place, uint ByteLength, uint FileOffset, uint FileByteLength, uint Flags)
{
    private const uint Execute = 0x2000_0000, Read = 0x4000_0000, Write = 0x8000_0000;

    /// <summary>The protection of its pages in a view of an image: what can be written is copied then.</summary>
    /// <remarks>Windows: MiGetImageProtection, MmImageProtectionArray.</remarks>
    public PageProtection Protection => (Flags & (Execute | Read | Write)) switch
    {
        Execute => PageProtection.Execute,
        Execute | Read => PageProtection.ExecuteRead,
        Write or (Read | Write) => PageProtection.WriteCopy,
        Execute | Write or (Execute | Read | Write) => PageProtection.ExecuteWriteCopy,
        Read => PageProtection.ReadOnly,
        _ => PageProtection.NoAccess,
    };
}
