using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>
/// The host's calls on names. A file is given by a descriptor, a new name by a directory's descriptor and one name: no call here walks a
/// path of a program. Linux: fs/namei.c, fs/open.c.
/// </summary>
internal static partial class HostNames
{
    private const string C = "libc";
    private const int WorkingDirectory = -100, RemoveDirectoryFlag = 0x200, Follow = 0x400, EmptyPath = 0x1000;    // AT_*
    private const uint NoReplace = 1;    // RENAME_NOREPLACE
    // Close-on-exec: the host's process may start others
    private const FileFlags Held = FileFlags.PathOnly | FileFlags.CloseOnExec, HeldOnce = Held | FileFlags.NoFollow;
    private const int Openat2Number = 437, Openat2ByteLength = 24;    // OPEN_HOW_SIZE_VER0; the C library has no wrapper
    private const ulong NoMagicLinks = 0x02, NoSymlinks = 0x04, Beneath = 0x08;    // RESOLVE_*

    /// <summary>Opens a directory of the host named by the user, following links; the only path from outside that is walked.</summary>
    public static CallResult OpenRoot(string path, bool isDirectory) =>
        ResultOf(NativeOpenat(WorkingDirectory, path, Held | (isDirectory ? FileFlags.DirectoryOnly : 0), 0));

    /// <summary>Opens the file of one name in a directory with O_PATH, without following a link.</summary>
    public static CallResult Hold(int directory, string name) =>
        ResultOf(NativeOpenat(directory, name, HeldOnce, 0));

    /// <summary>Opens the parent directory with O_PATH; the caller checks whether it is inside the root.</summary>
    public static CallResult HoldParent(int directory) =>
        ResultOf(NativeOpenat(directory, "..", HeldOnce | FileFlags.DirectoryOnly, 0));

    /// <summary>
    /// Opens a directory several names below another one with O_PATH, without links. After any error, walk name by name, which gives the
    /// exact error.
    /// </summary>
    public static CallResult HoldBelow(int directory, string path)
    {
        Span<ulong> how = [(ulong)(HeldOnce | FileFlags.DirectoryOnly), 0, Beneath | NoSymlinks | NoMagicLinks];
        return ResultOf(NativeOpenat2(Openat2Number, directory, path, ref MemoryMarshal.GetReference(how), Openat2ByteLength));
    }

    /// <summary>Creates a regular file and opens it. EEXIST if the name exists.</summary>
    public static CallResult Create(int directory, string name, FileModes mode)
    {
        // Never an existing file, nor one at the end of a link
        const FileFlags flags = FileFlags.ReadWrite | FileFlags.CreateNew | FileFlags.NoFollow | FileFlags.CloseOnExec;
        return ResultOf(NativeOpenat(directory, name, flags, (uint)mode));
    }

    /// <summary>Opens a held file for use: the same inode, even if its names have changed.</summary>
    public static CallResult Open(int held, FileFlags flags, FileModes mode = 0) =>
        ResultOf(NativeOpenat(WorkingDirectory, Magic(held), flags | FileFlags.CloseOnExec, (uint)mode));

    public static Errno Status(int held, out FileStatus status) => HostCalls.Status(held, out status);

    public static Errno MakeDirectory(int directory, string name, FileModes mode) => Error(NativeMkdirat(directory, name, (uint)mode));

    public static Errno RemoveDirectory(int directory, string name) => Error(NativeUnlinkat(directory, name, RemoveDirectoryFlag));

    public static Errno Unlink(int directory, string name) => Error(NativeUnlinkat(directory, name, 0));

    public static Errno Rename(int fromDirectory, string from, int toDirectory, string to, bool mayReplace) =>
        Error(NativeRenameat2(fromDirectory, from, toDirectory, to, mayReplace ? 0 : NoReplace));

    /// <summary>Makes another name for a held file or link.</summary>
    public static Errno Link(int held, int directory, string name) =>
        Error(NativeLinkat(WorkingDirectory, Magic(held), directory, name, Follow));

    public static Errno SymbolicLink(string target, int directory, string name) => Error(NativeSymlinkat(target, directory, name));

    public static Errno MakeNode(int directory, string name, FileModes mode, ulong device) =>
        Error(NativeMknodat(directory, name, (uint)mode, device));

    public static Errno ChangeMode(int held, FileModes mode) => Error(NativeFchmodat(WorkingDirectory, Magic(held), (uint)mode, 0));

    public static Errno ChangeOwner(int held, uint user, uint group) => Error(NativeFchownat(held, "", user, group, EmptyPath));

    public static Errno Access(int held, AccessRights wanted) => Error(NativeFaccessat(WorkingDirectory, Magic(held), wanted, 0));

    /// <summary>Access and modification times, each as seconds and nanoseconds; UTIME_NOW and UTIME_OMIT as nanoseconds.</summary>
    public static Errno SetTimes(int held, ReadOnlySpan<long> times)
    {
        Errno error = Error(NativeUtimensat(held, "", ref MemoryMarshal.GetReference(times), EmptyPath));
        return error != Errno.EINVAL ? error    // utimensat has AT_EMPTY_PATH since 5.8
            : Error(NativeUtimensat(WorkingDirectory, Magic(held), ref MemoryMarshal.GetReference(times), 0));
    }

    /// <summary>fstatfs(2): fifteen words of struct statfs on 64 bits.</summary>
    public static Errno FileSystem(int held, Span<long> words) => Error(NativeFstatfs(held, ref MemoryMarshal.GetReference(words)));

    /// <summary>Reads the target of a held link.</summary>
    public static Errno ReadLink(int held, out string target) => ReadLink(held, "", out target);

    /// <summary>Returns the current path of a held file on the host; with " (deleted)" if it is unlinked.</summary>
    public static Errno PathOf(int held, out string path) => ReadLink(WorkingDirectory, Magic(held), out path);

    /// <summary>The names in a directory that is open for reading, without "." and "..".</summary>
    public static Errno List(int open, List<(string Name, ulong Inode, byte Type)> entries)
    {
        byte[] bytes = new byte[32768];    // as libc reads directories
        while (true)
        {
            CallResult count = ResultOf(NativeGetdents64(open, ref bytes[0], (nuint)bytes.Length));
            if (count.IsError) return count.Error;
            if (count.Count == 0) return Errno.None;
            for (int at = 0; at < count.Count;)
            {
                ReadOnlySpan<byte> record = bytes.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 16)));
                ReadOnlySpan<byte> name = record[19..];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    entries.Add((ByteText.Of(name), BinaryPrimitives.ReadUInt64LittleEndian(record), record[18]));
                at += record.Length;
            }
        }
    }

    /// <summary>Returns the host's name of a descriptor, which leads to the file itself without a walk.</summary>
    private static string Magic(int held) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{held}");

    private static Errno ReadLink(int directory, string path, out string target)
    {
        Span<byte> bytes = stackalloc byte[UserMemory.PathByteLengthMax];
        CallResult count = ResultOf(NativeReadlinkat(directory, path, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length));
        target = ByteText.Of(bytes[..count.Count]);
        return count.Error;
    }

    private static CallResult ResultOf(long result) => result < 0 ? (Errno)Marshal.GetLastPInvokeError() : result;

    private static Errno Error(int result) => result < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;

    [LibraryImport(C, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeOpenat(int directory, string path, FileFlags flags, uint mode);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial nint NativeOpenat2(nint number, nint directory, string path, ref ulong how, nint byteLength);

    [LibraryImport(C, EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeMkdirat(int directory, string name, uint mode);

    [LibraryImport(C, EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeUnlinkat(int directory, string name, int flags);

    [LibraryImport(C, EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeRenameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport(C, EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeLinkat(int fromDirectory, string from, int toDirectory, string to, int flags);

    [LibraryImport(C, EntryPoint = "symlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeSymlinkat(string target, int directory, string name);

    [LibraryImport(C, EntryPoint = "mknodat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeMknodat(int directory, string name, uint mode, ulong device);

    [LibraryImport(C, EntryPoint = "fchmodat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeFchmodat(int directory, string path, uint mode, int flags);

    [LibraryImport(C, EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeFchownat(int directory, string path, uint user, uint group, int flags);

    [LibraryImport(C, EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeFaccessat(int directory, string path, AccessRights wanted, int flags);

    [LibraryImport(C, EntryPoint = "utimensat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial int NativeUtimensat(int directory, string path, ref long times, int flags);

    [LibraryImport(C, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int NativeFstatfs(int descriptor, ref long words);

    [LibraryImport(C, EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    private static partial nint NativeReadlinkat(int directory, string path, ref byte destination, nuint byteLength);

    [LibraryImport(C, EntryPoint = "getdents64", SetLastError = true)]
    private static partial nint NativeGetdents64(int descriptor, ref byte destination, nuint byteLength);
}
