namespace Paging.Windows.Images;

/// <summary>A function that an image imports from another one.</summary>
/// <param name="Module">The other image's name in lower case, with its ending: <c>kernel32.dll</c>.</param>
/// <param name="Name">The function's name; <c>#12</c> for one that is imported by its number.</param>
/// <param name="Place">The place for the function's address, in bytes from the start of the image.</param>
public readonly record struct PeImport(string Module, string Name, uint Place);
