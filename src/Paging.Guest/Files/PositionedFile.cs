namespace Paging.Guest;

/// <summary>What is read at a position that moves on by what was read: files and what looks like one, not streams, devices or directories.</summary>
internal abstract class PositionedFile(string path, int flags) : OpenDescription(path, flags)
{
    public sealed override bool IsSeekable => true;

    public sealed override int Read(Span<byte> destination)
    {
        int count = ReadAt(Position, destination);
        if (count > 0) Position += count;
        return count;
    }
}
