using Paging.Core.Files;
using Paging.Core.Writeback;

namespace Paging.Core.Io;

/// <summary>What the file system calls work with.</summary>
internal sealed record FileCalls(
    OpenFileTable OpenFiles, FileIo Buffered, DirectIo Direct, FileSizes Sizes, FileHints Hints, FileWriteback Writeback);
