namespace Paging.ReferenceModel.Windows;

/// <summary>Rule 21: reading and writing files, and their length.</summary>
internal static class FileRules
{
    public static string Read(ModelOpenFile file, long offset, uint length)
    {
        if ((file.Access & 0x8000_0000) == 0) return "FALSE ERROR_ACCESS_DENIED";
        byte[] bytes = new byte[Math.Clamp(file.File.Length - offset, 0, length)];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = file.File[offset + i];
        Crc32 crc = new();
        crc.Add(bytes);
        return $"{bytes.Length} crc32=0x{crc.Value:x8}";
    }

    public static string Write(ModelOpenFile file, long offset, uint length, long seed)
    {
        if ((file.Access & 0x4000_0000) == 0) return "FALSE ERROR_ACCESS_DENIED";
        if (length != 0 && offset + length > file.File.Length) file.File.SetLength(offset + length);
        for (uint i = 0; i < length; i++) file.File[offset + i] = Pattern.ByteAt(i, seed);
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
