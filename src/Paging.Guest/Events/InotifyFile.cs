using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>inotify(7): watches files and directories, and tells what happens to them in the order in which it happens.</summary>
/// <remarks>Linux: fs/notify/inotify/inotify_user.c, inotify_fsnotify.c.</remarks>
internal sealed class InotifyFile(GuestClock clock, Happenings happenings, FileNotices notices, FileFlags flags)
    : AnonymousFile(clock, happenings, "inotify", flags)
{
    private const int HeaderByteLength = 16, QueueMax = 16384, OfNoWatch = -1;

    private readonly SortedDictionary<int, FileWatch> _watches = [];
    private readonly Queue<Event> _events = new();
    private Event? _last;
    private int _nextNumber = 1;

    public override int Readiness => _events.Count > 0 ? PollEvents.In : 0;

    public override bool CanSignal => true;

    public int WatchCount => _watches.Count;

    /// <summary>
    /// Watches a file from now on, or in another way than before. EEXIST: it is, and IN_MASK_CREATE forbids that; ENOSPC: too many watches.
    /// </summary>
    /// <returns>The number of the watch.</returns>
    public CallResult Watch(in FileStatus file, FileNotice mask)
    {
        FileNotice kept = mask & (FileNotice.AllEvents | FileNotice.Once | FileNotice.ExcludeUnlinked);
        if (Find(file) is { } watch)
        {
            if ((mask & FileNotice.MaskCreate) != 0) return Errno.EEXIST;
            watch.Mask = (mask & FileNotice.MaskAdd) != 0 ? watch.Mask | kept : kept;
            return watch.Number;
        }

        if (!notices.HasRoomForWatch) return Errno.ENOSPC;
        watch = new(_nextNumber++, (file.Device, file.Inode)) { Mask = kept };
        _watches.Add(watch.Number, watch);
        return watch.Number;
    }

    /// <summary>Watches no more. EINVAL: there is no such watch.</summary>
    public Errno Unwatch(int number)
    {
        if (!_watches.Remove(number)) return Errno.EINVAL;
        Put(new(number, FileNotice.Ignored, 0, ""));
        return Errno.None;
    }

    /// <summary>Something has happened to a file, or to the name in a directory. Linux: inotify_handle_inode_event.</summary>
    public void Tell(in FileStatus file, FileNotice what, uint cookie, string name, bool isUnlinked)
    {
        if (Find(file) is not { } watch || (watch.Mask & what & FileNotice.AllEvents) == 0) return;
        if (isUnlinked && (watch.Mask & FileNotice.ExcludeUnlinked) != 0) return;
        Put(new(watch.Number, what, cookie, name));
        if ((watch.Mask & FileNotice.Once) != 0) Unwatch(watch.Number);
    }

    /// <summary>A file is no more, whatever was asked for.</summary>
    public void Forget(in FileStatus file)
    {
        if (Find(file) is { } watch) Unwatch(watch.Number);
    }

    /// <summary>As many events as fit. EINVAL: not even the first one does.</summary>
    public override CallResult Read(Span<byte> destination)
    {
        if (_events.Count == 0) return WaitOrSay();
        int done = 0;
        while (_events.TryPeek(out Event? next) && next.ByteLength <= destination.Length - done)
        {
            next.Write(destination.Slice(done, next.ByteLength));
            done += next.ByteLength;
            Drop();
        }

        if (_events.Count == 0) _last = null;
        return done > 0 ? done : Errno.EINVAL;
    }

    public override CallResult Ioctl(in IoctlCall call)
    {
        const uint bytesToRead = 0x541B;
        if (call.Request != bytesToRead) return base.Ioctl(call);
        return call.User.TryWrite(call.Argument.Address, _events.Sum(static one => one.ByteLength)) ? 0 : Errno.EFAULT;
    }

    protected override void Close()
    {
        notices.Remove(this);
        while (_events.Count > 0) Drop();
    }

    private FileWatch? Find(in FileStatus file)
    {
        foreach (FileWatch watch in _watches.Values)
        {
            if (watch.File == (file.Device, file.Inode)) return watch;
        }

        return null;
    }

    /// <summary>An event like the one before it is told once; of too many, or without memory for more, only that there were more.</summary>
    private void Put(Event told)
    {
        if (told.IsLike(_last)) return;
        bool fits = _events.Count < QueueMax && notices.Queued.Charge(told.ByteLength) == Errno.None;
        if (!fits) told = new(OfNoWatch, FileNotice.Overflow, 0, "");
        if (!fits && told.IsLike(_last)) return;
        _last = told;
        _events.Enqueue(told);
        WokeForReading();
    }

    private void Drop()
    {
        Event gone = _events.Dequeue();
        if (gone.Watch != OfNoWatch) notices.Queued.Uncharge(gone.ByteLength);
    }

    private sealed class FileWatch(int number, (ulong Device, ulong Inode) file)
    {
        public int Number => number;

        public (ulong Device, ulong Inode) File => file;

        public FileNotice Mask { get; set; }
    }

    //  0 watch    4 mask    8 cookie    12 length of the name    16 name, with zeros up to a multiple of 16
    /// <summary>struct inotify_event.</summary>
    private sealed record Event(int Watch, FileNotice Mask, uint Cookie, string Name)
    {
        public int ByteLength => HeaderByteLength + NameByteLength;

        private int NameByteLength => Name.Length == 0 ? 0 : (Name.Length + HeaderByteLength) / HeaderByteLength * HeaderByteLength;

        /// <summary>Linux: inotify_merge, event_compare.</summary>
        public bool IsLike(Event? other) => other is not null && (Watch, Mask, Name) == (other.Watch, other.Mask, other.Name);

        public void Write(Span<byte> bytes)
        {
            bytes.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(bytes, Watch);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)Mask);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Cookie);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], NameByteLength);
            ByteText.ToBytes(Name).CopyTo(bytes[HeaderByteLength..]);
        }
    }
}
