using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The file locks in a checkpoint: each is saved by an open file that its owner has, or is.</summary>
internal static class SavedLocks
{
    public static void Save(FileLocks locks, RecordWriter writer, SavedFiles files)
    {
        writer.Begin(RecordKind.Locks, 4);
        (int File, int Table, FileLock Lock, bool IsWhole)[] all = [.. locks.All.Select(one => Find(one.Key, one.Lock, one.IsWhole, files))
            .Where(static one => one.File >= 0)];
        writer.Write(all.Length);
        foreach ((int file, int table, FileLock one, bool isWhole) in all)
        {
            writer.Write(file);
            writer.Write(table);
            writer.Write(one.ProcessId);
            writer.Write(one.IsExclusive);
            writer.Write(one.Start);
            writer.Write(one.Last);
            writer.Write(isWhole);
        }

        writer.End();
    }

    /// <summary>Loads the locks, after the files and their tables.</summary>
    public static void Load(FileLocks locks, RecordReader reader, SavedFiles files)
    {
        reader.Open(RecordKind.Locks, 4);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            OpenDescription file = files.Files.Read(reader);
            int table = reader.ReadNumber();
            object owner = table < 0 ? file : files.TableOf(table);
            FileLock one = new(owner, reader.ReadNumber(), reader.ReadFlag(), reader.ReadWideNumber(), reader.ReadWideNumber());
            bool isWhole = reader.ReadFlag();
            (ulong, ulong) key = FileLocks.KeyOf(file);
            if (one.Start < 0 || one.Last < one.Start || locks.FindConflict(key, one, isWhole) is not null)
                throw RecordReader.Damaged("a lock is none");
            locks.Set(key, one, isWhole);
            locks.Watch(file);
        }

        reader.Close();
    }

    private static (int File, int Table, FileLock Lock, bool IsWhole) Find((ulong Device, ulong Inode) key, FileLock one, bool isWhole,
        SavedFiles files)
    {
        if (one.Owner is OpenDescription open) return (files.Files.Contains(open) ? files.Files.NumberOf(open) : -1, -1, one, isWhole);
        DescriptorSet owner = (DescriptorSet)one.Owner;
        OpenDescription? file = owner.Numbers.Select(owner.FindRaw).FirstOrDefault(file => FileLocks.KeyOf(file!) == key);
        return (file is null ? -1 : files.Files.NumberOf(file), files.NumberOf(owner), one, isWhole);
    }
}
