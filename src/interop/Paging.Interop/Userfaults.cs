using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Userfaultfd": missing and protected pages of ordinary memory in the program's hands.</summary>
// SAFETY: as Border.
internal static unsafe class Userfaults
{
    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_open")]
    public static int Open(ulong process, uint features, uint isForUserMode, ulong* uffd)
    {
        try
        {
            Border.Clear(uffd, "uffd");
            Userfaultfd made = Processes.Of(process).Memory.OpenUserfaultfd((UserfaultFeatures)features, isForUserMode != 0);
            *uffd = Handles.Add(HandleKind.Userfaultfd, made, Handles.EngineOf(process));
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_read")]
    public static int Read(ulong uffd, UffdMessage* message)
    {
        try
        {
            Sized.Write(message, default(UffdMessage));    // checks the pointer before a message is taken
            if (!Of(uffd).TryRead(out UserfaultMessage found)) return Border.Code(Errno.EAGAIN);
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
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_register")]
    public static int Register(ulong uffd, uint start, ulong byteLength, uint modes)
    {
        try { return Border.Code(Of(uffd).Register(new(start), byteLength, (UserfaultModes)modes)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_unregister")]
    public static int Unregister(ulong uffd, uint start, ulong byteLength)
    {
        try { return Border.Code(Of(uffd).Unregister(new(start), byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_wake")]
    public static int Wake(ulong uffd, uint start, ulong byteLength)
    {
        try { return Border.Code(Of(uffd).Wake(new(start), byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_copy")]
    public static int Copy(ulong uffd, uint start, void* bytes, ulong byteLength, uint flags, ulong* done)
    {
        try
        {
            Userfaultfd target = Of(uffd);
            Errno error = target.Copy(
                new(start), Border.Bytes(bytes, byteLength, "bytes"), (UserfaultFillFlags)flags, out ulong count);
            return Answer(error, count, done);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_zeropage")]
    public static int ZeroPage(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done)
    {
        try { return Answer(Of(uffd).ZeroPage(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_continue")]
    public static int Continue(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done)
    {
        try { return Answer(Of(uffd).Continue(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_poison")]
    public static int Poison(ulong uffd, uint start, ulong byteLength, uint flags, ulong* done)
    {
        try { return Answer(Of(uffd).Poison(new(start), byteLength, (UserfaultFillFlags)flags, out ulong count), count, done); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_move")]
    public static int Move(ulong uffd, uint start, uint source, ulong byteLength, uint allowHoles, uint flags, ulong* done)
    {
        try
        {
            Errno error = Of(uffd).Move(
                new(start), new(source), byteLength, allowHoles != 0, (UserfaultFillFlags)flags, out ulong count);
            return Answer(error, count, done);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_uffd_writeprotect")]
    public static int WriteProtect(ulong uffd, uint start, ulong byteLength, uint protect, uint flags)
    {
        try
        {
            bool wake = ((UserfaultFillFlags)flags & UserfaultFillFlags.DontWake) == 0;
            return Border.Code(Of(uffd).WriteProtect(new(start), byteLength, protect != 0, wake));
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static int Answer(Errno error, ulong count, ulong* done)
    {
        if (done != null) *done = count;
        return Border.Code(error);
    }

    private static Userfaultfd Of(ulong handle) => Handles.Get<Userfaultfd>(handle, HandleKind.Userfaultfd);
}
