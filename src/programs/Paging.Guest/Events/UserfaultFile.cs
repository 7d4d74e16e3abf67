using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>userfaultfd(2): reads return messages, and ioctls resolve faults. Linux: fs/userfaultfd.c.</summary>
internal sealed class UserfaultFile : AnonymousFile
{
    private const int MessageByteLength = 32, FlagsAt = 8, AddressAt = 16, EventDataAt = 8;
    private const int WriteFlag = 1, ProtectedFlag = 2, MinorFlag = 4;    // UFFD_PAGEFAULT_FLAG_*

    private readonly GuestClock _clock;
    private readonly CurrentTask _current;
    private readonly SharedMemory? _memory;
    private readonly bool _isForUserMode;
    private readonly FileFlags _flags;

    /// <summary>The descriptor of a program, for its own memory. It does nothing before UFFDIO_API.</summary>
    public UserfaultFile(GuestClock clock, WakeUps wakeUps, CurrentTask current, SharedMemory memory, bool isForUserMode,
        FileFlags flags)
        : base(clock, wakeUps, "userfaultfd", flags & FileFlags.NonBlocking)
    {
        (_clock, _current, _memory, _isForUserMode, _flags) = (clock, current, memory, isForUserMode, flags);
    }

    /// <summary>The descriptor of a forked child's memory.</summary>
    private UserfaultFile(UserfaultFile parent, Userfaultfd faults)
        : base(parent._clock, parent.WakeUps, "userfaultfd", parent._flags & FileFlags.NonBlocking)
    {
        (_clock, _current, _flags, Faults) = (parent._clock, parent._current, parent._flags, faults);
    }

    /// <summary>Null until UFFDIO_API has chosen the features.</summary>
    public Userfaultfd? Faults { get; private set; }

    /// <summary>True if the caller may receive fork events.</summary>
    public bool MayTrace => _current.Task!.Credentials.Can(Capability.Trace);

    /// <summary>True if it is for the caller's own memory.</summary>
    public bool IsCallers => Faults?.BelongsTo(_current.Task!.Process.Memory.Space) == true;

    /// <summary>Poll reports an error for a blocking descriptor, since a read after it might block. Linux: userfaultfd_poll.</summary>
    public override bool CanRefuseToWait => true;

    public override bool HasWrite => false;

    public override int Readiness => Faults is null || !IsNonBlocking ? PollEvents.Error : Faults.HasMessage ? PollEvents.In : 0;

    public override (long ToRead, long ToWrite) Wakes => (Faults?.MessageCount ?? 0, base.Wakes.ToWrite);

    public override CallResult Ioctl(in IoctlCall call) => UserfaultRequests.Answer(this, call);

    /// <summary>Reads as many messages as fit; waits for the first only. Linux: userfaultfd_read_iter.</summary>
    public override CallResult Read(Span<byte> destination)
    {
        if (Faults is not { } faults) return Errno.EINVAL;    // before UFFDIO_API
        int done = 0;
        while (destination.Length - done >= MessageByteLength)
        {
            if (!faults.HasMessage) return done > 0 ? done : WaitOrFail();
            if (!_current.Task!.Process.HasRoomForDescriptor)    // else the child's descriptor would be lost
                return done > 0 ? done : Errno.EMFILE;    // a message may carry a descriptor
            if (!faults.TryRead(out UserfaultMessage message)) break;
            Write(message, destination.Slice(done, MessageByteLength));
            done += MessageByteLength;
        }

        WakeUps.Add();    // threads that have changed mappings continue
        return done > 0 ? done : Errno.EINVAL;
    }

    /// <summary>Sets the features. Returns EINVAL if they are set already, or the memory is gone.</summary>
    public Errno Begin(UserfaultFeatures features)
    {
        if (Faults is not null || _memory is null || _memory.Core.HasExited) return Errno.EINVAL;
        Faults = _memory.Space.Userfaultfds.Open(features, _isForUserMode);
        return Errno.None;
    }

    /// <summary>Notes that waiting threads were woken.</summary>
    public void Woke() => WakeUps.Add();

    protected override void Close()
    {
        Faults?.Dispose();
        WakeUps.Add();
    }

    /// <summary>Linux: struct uffd_msg.</summary>
    private void Write(in UserfaultMessage message, Span<byte> to)
    {
        to.Clear();
        to[0] = (byte)message.Kind;
        switch (message.Kind)
        {
            case UserfaultMessageKind.PageFault:
                int flags = (message.IsWrite ? WriteFlag : 0) | (message.IsProtected ? ProtectedFlag : 0)
                    | (message.IsMinor ? MinorFlag : 0);
                BinaryPrimitives.WriteUInt64LittleEndian(to[FlagsAt..], (uint)flags);
                BinaryPrimitives.WriteUInt64LittleEndian(to[AddressAt..], message.Address.Value);
                BinaryPrimitives.WriteUInt32LittleEndian(to[(AddressAt + sizeof(ulong))..], (uint)message.Thread);
                break;
            case UserfaultMessageKind.Fork:
                CallResult descriptor = _current.Task!.Process.Install(new UserfaultFile(this, message.Child!), _flags);
                BinaryPrimitives.WriteUInt32LittleEndian(to[EventDataAt..], descriptor.Word);
                break;
            case UserfaultMessageKind.Remap:
                BinaryPrimitives.WriteUInt64LittleEndian(to[EventDataAt..], message.Address.Value);
                BinaryPrimitives.WriteUInt64LittleEndian(to[AddressAt..], message.To.Value);
                BinaryPrimitives.WriteUInt64LittleEndian(to[(AddressAt + sizeof(ulong))..], message.ByteLength);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(to[EventDataAt..], message.Address.Value);
                BinaryPrimitives.WriteUInt64LittleEndian(to[AddressAt..], (ulong)message.Address.Value + message.ByteLength);
                break;
        }
    }
}
