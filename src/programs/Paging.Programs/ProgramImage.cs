using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Io;

namespace Paging.Programs;

/// <summary>A file that can be executed or mapped as a library.</summary>
/// <remarks>Loading needs only the file's object, so every kind of file works. It is read and mapped through the page cache.</remarks>
public sealed class ProgramImage
{
    private readonly GuestFile _file;
    private readonly FileOperations _calls;
    private ReadAheadState _readAhead;

    private ProgramImage(GuestFile file)
    {
        (_file, _calls, File) = (file, file.Calls, file.Object);
        _readAhead = _calls.OpenFiles.NewReadAhead();
    }

    /// <summary>The name in maps.</summary>
    public string Name => File.Name;

    internal FileObject File { get; }

    internal long ByteLength => File.ByteLength;

    /// <summary>Makes an image of a file of the engine, in its memory or on the host.</summary>
    /// <remarks>The file must live as long as the image is used. Areas that map it hold their own references.</remarks>
    public static ProgramImage Of(GuestFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.CheckForUse();
        return new(file);
    }

    /// <summary>Throws if the file was released, because another may have its place by now, or belongs to another engine.</summary>
    internal void CheckFor(PagingEngine engine) => _file.CheckFor(engine.Parts.Machine.Guard, "image");

    /// <summary>Throws if the file was released, or its engine cannot be used now.</summary>
    internal void CheckForUse() => _file.CheckForUse();

    /// <summary>Fills a span. Returns false at the end of the file or if the file cannot be read.</summary>
    internal bool TryRead(ulong offset, Span<byte> destination)
    {
        if (File.Kind == FileKind.Directory || offset > (ulong)ByteLength) return false;
        if ((ulong)destination.Length > (ulong)ByteLength - offset) return false;
        Errno error = _calls.Buffered.Read(File, ref _readAhead, (long)offset, destination, destination.Length, out int count);
        return error == Errno.None && count == destination.Length;
    }
}

/// <summary>Finds interpreters and libraries by path, as a file system does.</summary>
public interface IProgramFiles
{
    /// <summary>Finds the image at a path.</summary>
    /// <returns>ENOENT: there is none. EACCES: it may not be executed.</returns>
    Errno Find(string path, out ProgramImage? image);
}
