using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Userfaultfd": missing and protected pages of ordinary memory in the program's hands.</summary>
// SAFETY: as Border.
internal static unsafe class Userfaults
{
    private const UserfaultFillFlags DontWake = UserfaultFillFlags.DontWake, WriteProtected = UserfaultFillFlags.WriteProtect;

    [Export("paging_uffd_open")]
    public static void Open(ulong process, uint features, uint isForUserMode, ulong* uffd)
    {
        Border.Clear(uffd, "uffd");
        Userfaultfd made = Processes.Of(process).Memory.Userfaultfds.Open((UserfaultFeatures)features, isForUserMode != 0);
        *uffd = Handles.Add(HandleKind.Userfaultfd, made, Handles.EngineOf(process));
    }

    [Export("paging_uffd_read")]
    public static Errno Read(ulong uffd, UffdMessage* message)
    {
        Sized.Write(message, default(UffdMessage));    // checks the pointer before a message is taken
        if (!Of(uffd).TryRead(out UserfaultMessage found)) return Errno.EAGAIN;
        Sized.Write(message, new UffdMessage
        {
            Event = (uint)found.Kind,
            Address = found.Address.Value,
            Length = found.ByteLength,
            To = found.To.Value,
            IsWrite = found.IsWrite ? 1u : 0,
            IsProtected = found.IsProtected ? 1u : 0,
            IsMinor = found.IsMinor ? 1u : 0,
            Thread = found.Thread,
            Child = found.Child is { } child ? Handles.Add(HandleKind.Userfaultfd, child, Handles.EngineOf(uffd)) : 0,
        });
        return Errno.None;
    }

    [Export("paging_uffd_register")]
    public static Errno Register(ulong uffd, uint start, ulong byteLength, uint modes) =>
        Of(uffd).Register(new(start), byteLength, (UserfaultModes)modes);

    [Export("paging_uffd_unregister")]
    public static Errno Unregister(ulong uffd, uint start, ulong byteLength) => Of(uffd).Unregister(new(start), byteLength);

    [Export("paging_uffd_wake")]
    public static Errno Wake(ulong uffd, uint start, ulong byteLength) => Of(uffd).Wake(new(start), byteLength);

    [Export("paging_uffd_copy")]
    public static Errno Copy(ulong uffd, uint start, void* bytes, ulong byteLength, uint flags, ulong* done)
    {
        Userfaultfd target = Of(uffd);
        Span<byte> source = Border.Bytes(bytes, byteLength, "bytes");
        if (!IsMode(flags, DontWake | WriteProtected)) return RefuseMode(uffd, done);
        return Answer(target.Copy(new(start), source, (UserfaultFillFlags)flags, out ulong count), count, done);
    }

    [Export("paging_uffd_zeropage")]
    public static Errno ZeroPage(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done) =>
        !IsMode(flags, DontWake) ? RefuseMode(uffd, done)
            : Answer(Of(uffd).ZeroPage(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done);

    [Export("paging_uffd_continue")]
    public static Errno Continue(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done) =>
        !IsMode(flags, DontWake | WriteProtected) ? RefuseMode(uffd, done)
            : Answer(Of(uffd).Continue(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done);

    [Export("paging_uffd_poison")]
    public static Errno Poison(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done) =>
        !IsMode(flags, DontWake) ? RefuseMode(uffd, done)
            : Answer(Of(uffd).Poison(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done);

    [Export("paging_uffd_move")]
    public static Errno Move(ulong uffd, uint start, uint source, ulong byteLength, uint allowHoles, uint flags, ulong* done)
    {
        if (!IsMode(flags, DontWake)) return RefuseMode(uffd, done);
        Errno error = Of(uffd).Move(
            new(start), new(source), byteLength, allowHoles != 0, (UserfaultFillFlags)flags, out ulong count);
        return Answer(error, count, done);
    }

    [Export("paging_uffd_writeprotect")]
    public static Errno WriteProtect(ulong uffd, uint start, ulong byteLength, uint protect, uint flags)
    {
        bool wake = ((UserfaultFillFlags)flags & UserfaultFillFlags.DontWake) == 0;
        if (!IsMode(flags, DontWake) || (protect != 0 && !wake)) return RefuseMode(uffd, null);
        return Of(uffd).WriteProtect(new(start), byteLength, protect != 0, wake);
    }

    // Linux: fs/userfaultfd.c, where each ioctl refuses the modes that it does not know; userfaultfd_writeprotect also both of its own.
    private static bool IsMode(uint flags, UserfaultFillFlags known) => (flags & ~(uint)known) == 0;

    private static Errno RefuseMode(ulong uffd, ulong* done)
    {
        _ = Of(uffd);    // a wrong handle comes first
        return Answer(Errno.EINVAL, 0, done);
    }

    private static Errno Answer(Errno error, ulong count, ulong* done)
    {
        if (done != null) *done = count;
        return error;
    }

    private static Userfaultfd Of(ulong handle) => Handles.Get<Userfaultfd>(handle, HandleKind.Userfaultfd);
}
