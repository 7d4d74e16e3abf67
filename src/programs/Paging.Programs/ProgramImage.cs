using Paging.Core;

namespace Paging.Programs;

/// <summary>A file that can be executed or mapped as a library.</summary>
/// <remarks>The file is read and mapped through the page cache.</remarks>
public sealed class ProgramImage
{
    private readonly GuestFile _file;

    private ProgramImage(GuestFile file) => (_file, Name) = (file, file.Name);

    /// <summary>The name in maps.</summary>
    public string Name { get; }

    /// <summary>Identifies the file: two images of one file have one number.</summary>
    internal int FileId => _file.Id;

    internal long ByteLength => _file.ByteLength;

    /// <summary>Makes an image of a file of the engine, in its memory or on the host.</summary>
    /// <remarks>The file must live as long as the image is used. Areas that map it hold their own references.</remarks>
    public static ProgramImage Of(GuestFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        _ = file.ByteLength;    // throws if the file was released
        return new(file);
    }

    /// <summary>Returns true if the file belongs to an engine. Throws if it was released: another may have its place by now.</summary>
    internal bool IsOf(PagingEngine engine) => engine.Owns(_file);

    /// <summary>Opens the file for mapping.</summary>
    /// <returns>ENFILE: no record for it. EACCES: it may not be read.</returns>
    internal Errno Open(out OpenFileDescription? open) => _file.Open(FileRights.Read, OpenFlags.None, out open);

    /// <summary>Fills a span. Returns false at the end of the file or if the file cannot be read.</summary>
    internal bool TryRead(ulong offset, Span<byte> destination)
    {
        if (offset > (ulong)ByteLength || (ulong)destination.Length > (ulong)ByteLength - offset) return false;
        return _file.Read((long)offset, destination, out int count) == Errno.None && count == destination.Length;
    }
}

/// <summary>Finds interpreters and libraries by path, as a file system does.</summary>
public interface IProgramFiles
{
    /// <summary>Finds the image at a path.</summary>
    /// <returns>ENOENT if there is none; EACCES if it may not be executed.</returns>
    Errno Find(string path, out ProgramImage? image);
}
