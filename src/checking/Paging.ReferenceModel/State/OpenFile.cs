namespace Paging.ReferenceModel.State;

/// <summary>The result of one <c>open</c>; descriptors inherited by fork refer to the same one. Linux: struct file.</summary>
/// <remarks>Areas join only within one of these (DIALECT section 6, rule 2), so it is compared by reference.</remarks>
/// <param name="contents">The file; none for the directory.</param>
/// <param name="canRead">Open for reading.</param>
/// <param name="canWrite">Open for writing.</param>
internal sealed class OpenFile(FileObject? contents, bool canRead, bool canWrite)
{
    private readonly FileObject? _contents = contents;

    public bool IsDirectory => _contents is null;

    /// <summary>The file; never asked of the directory, which cannot be mapped, read or written.</summary>
    public FileObject Contents =>
        _contents ?? throw new InvalidOperationException("The directory has no contents: check IsDirectory first.");

    public bool CanRead { get; } = canRead;

    public bool CanWrite { get; } = canWrite;
}
