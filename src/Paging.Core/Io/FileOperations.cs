using Paging.Core.Files;
using Paging.Core.Writeback;

namespace Paging.Core.Io;

/// <summary>The parts that the file system calls use.</summary>
internal sealed record FileOperations(
    OpenFileTable OpenFiles, FileIo Buffered, DirectIo Direct, FileSizes Sizes, FileHints Hints, FileWriteback Writeback)
{
    /// <summary>The same calls on an open file, with its rights, flags and position.</summary>
    public OpenFileIo Open { get; } = new(OpenFiles, Buffered, Direct, Sizes, Hints, Writeback);
}
