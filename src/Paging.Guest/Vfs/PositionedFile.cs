using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>
/// What is read at a position that moves on by what was read: files and what looks like one, not streams, devices or directories.
/// </summary>
internal abstract class PositionedFile(string path, FileFlags flags) : OpenDescription(path, flags)
{
    public sealed override bool IsSeekable => true;

    public override bool CanBeWatched => false;

    public sealed override CallResult Read(Span<byte> destination)
    {
        CallResult count = ReadAt(Position, destination);
        Position += count.Count;
        return count;
    }
}
