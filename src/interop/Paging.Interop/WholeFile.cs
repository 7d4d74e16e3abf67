using System.Runtime.InteropServices;

namespace Paging.Interop;

/// <summary>Files of the host that have their names only when they are complete.</summary>
// SAFETY: statx writes the 256 bytes of its structure at most.
internal static unsafe partial class WholeFile
{
    private const int StructureByteLength = 256, ModeOffset = 28, CurrentDirectory = -100;    // struct statx; AT_FDCWD
    private const uint MaskOfMode = 1;                                                       // STATX_TYPE
    private const ushort TypeMask = 0xF000, RegularFile = 0x8000;                             // S_IFMT, S_IFREG
    private const int FileTooLarge = 27;                                                      // EFBIG

    /// <summary>Writes a file beside another one, and renames it: a program that has mapped the old one keeps it.</summary>
    /// <remarks>
    /// After a failure the old file is as it was, and nothing is beside it. Of a link, its file is replaced. What is no regular file, such
    /// as a pipe or a terminal, is written as it is.
    /// </remarks>
    public static void Write(string path, Action<FileStream> write)
    {
        FileInfo file = new(path);    // has the full path: File.ResolveLinkTarget takes the target of a relative link from the root
        string target = file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        if (TypeOf(target) is { } type && type != RegularFile)
        {
            using FileStream direct = new(target, FileMode.Open, FileAccess.Write);
            write(direct);
            return;
        }

        string beside = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            using (FileStream stream = new(beside, FileMode.CreateNew, FileAccess.Write)) write(stream);
            File.Move(beside, target, overwrite: true);
        }
        catch (ArgumentOutOfRangeException)    // .NET's exception for EFBIG
        {
            File.Delete(beside);
            throw new IOException("The file is larger than its file system, or a limit of the host, allows.", FileTooLarge);
        }
        catch (Exception refused)
        {
            if (File.Exists(beside)) File.Delete(beside);
            string text = refused.Message.Replace(beside, path, StringComparison.Ordinal);    // the caller knows no other name
            if (string.Equals(text, refused.Message, StringComparison.Ordinal)) throw;
            throw refused switch
            {
                DirectoryNotFoundException => new DirectoryNotFoundException(text),
                UnauthorizedAccessException => new UnauthorizedAccessException(text),
                _ => new IOException(text, refused.HResult),
            };
        }
    }

    /// <summary>The bits of S_IFMT; null if nothing has the name.</summary>
    private static ushort? TypeOf(string path)
    {
        byte* structure = stackalloc byte[StructureByteLength];
        if (Statx(CurrentDirectory, path, 0, MaskOfMode, structure) != 0) return null;
        return (ushort)(*(ushort*)(structure + ModeOffset) & TypeMask);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* structure);
}
