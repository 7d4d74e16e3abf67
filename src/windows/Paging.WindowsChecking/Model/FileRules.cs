using Paging.Scripting.Engine;

namespace Paging.WindowsChecking.Model;

/// <summary>Rule 21: reading and writing files, and their length.</summary>
internal static class FileRules
{
    public static string Read(ModelOpenFile file, long offset, uint length)
    {
        if ((file.Access & 0x8000_0000) == 0) return "FALSE ERROR_ACCESS_DENIED";
        byte[] bytes = new byte[Math.Clamp(file.File.Length - offset, 0, length)];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = file.File[offset + i];
        uint crc = ScriptBytes.Crc32(bytes);
        return $"{bytes.Length} crc32=0x{crc:x8}";
    }

    public static string Write(ModelOpenFile file, long offset, uint length, long seed)
    {
        if ((file.Access & 0x4000_0000) == 0) return "FALSE ERROR_ACCESS_DENIED";
        if (length != 0 && offset + length > file.File.Length) file.File.SetLength(offset + length);
        for (uint i = 0; i < length; i++) file.File[offset + i] = ScriptBytes.At(i, seed);
        return length.ToString();
    }

    public static string SetLength(ModelOpenFile file, long length, long needed)
    {
        if ((file.Access & 0x4000_0000) == 0) return "FALSE ERROR_ACCESS_DENIED";
        if (length < file.File.Length && length < needed) return "FALSE ERROR_USER_MAPPED_FILE";
        file.File.SetLength(length);
        return "TRUE";
    }
}
