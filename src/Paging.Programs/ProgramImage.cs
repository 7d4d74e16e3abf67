using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Io;

namespace Paging.Programs;

/// <summary>A file that can be executed or mapped as a library: the one seam between programs and where files come from.</summary>
/// <remarks>Whatever kind of file the engine has, its object is all that loading needs: it is read and mapped through the page cache.</remarks>
public sealed class ProgramImage
{
    private readonly FileCalls _calls;
    private ReadAheadState _readAhead;

    private ProgramImage(FileCalls calls, FileObject file)
    {
        (_calls, File) = (calls, file);
        _readAhead = calls.OpenFiles.NewReadAhead();
    }

    /// <summary>Its name, as maps shows it.</summary>
    public string Name => File.Name;

    internal FileObject File { get; }

    internal long ByteLength => File.ByteLength;

    /// <summary>A file of the engine, in its memory or on the host. It must live as long as the image is used; areas that map it hold it themselves.</summary>
    public static ProgramImage Of(GuestFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new(file.Calls, file.Object);
    }

    /// <summary>Reads all of a span; false at the end of the file, or when the file cannot be read.</summary>
    internal bool TryRead(ulong offset, Span<byte> destination)
    {
        if (File.Kind == FileKind.Directory || offset > (ulong)ByteLength || (ulong)destination.Length > (ulong)ByteLength - offset) return false;
        return _calls.Buffered.Read(File, ref _readAhead, (long)offset, destination, destination.Length, out int count) == Errno.None && count == destination.Length;
    }
}

/// <summary>Finds the interpreter that an image names, and libraries, as a file system would: by path.</summary>
public interface IProgramFiles
{
    /// <summary>The image at a path. ENOENT: there is none; EACCES: it may not be executed.</summary>
    Errno Find(string path, out ProgramImage? image);
}
