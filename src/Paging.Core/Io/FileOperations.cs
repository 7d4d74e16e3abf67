using Paging.Core.Files;
using Paging.Core.Reclaim;

namespace Paging.Core.Io;

/// <summary>The parts that the file system calls use.</summary>
/// <param name="OpenFiles">The open files.</param>
/// <param name="Buffered">Reading and writing.</param>
/// <param name="Sizes">Lengths, storage and holes.</param>
/// <param name="Open">The same calls on an open file, with its rights, flags and position.</param>
internal sealed record FileOperations(OpenFileTable OpenFiles, FileIo Buffered, FileSizes Sizes, OpenFileIo Open);
