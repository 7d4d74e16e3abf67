namespace Paging.Programs.Images;

/// <summary>A file is no memory image, or a damaged one. The message has the reason in one line.</summary>
public sealed class ImageFormatException(string message) : Exception(message);
