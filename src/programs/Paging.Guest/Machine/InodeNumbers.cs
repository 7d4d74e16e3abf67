using Paging.Guest.Records;

namespace Paging.Guest.Machine;

/// <summary>Numbers for inodes that have no file system of their own: pipes, sockets, memory files. Linux: get_next_ino.</summary>
internal sealed class InodeNumbers
{
    private ulong _next = 1000;

    public ulong Take() => _next++;

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.InodeNumbers, 1);
        writer.Write(_next);
        writer.End();
    }

    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.InodeNumbers, 1);
        _next = Math.Max(_next, reader.ReadWideWord());
        reader.Close();
    }
}
